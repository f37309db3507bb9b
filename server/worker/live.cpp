#include "worker/live.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "worker/json.hpp"

namespace boxoffice::worker {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* task = "publish seats";
constexpr const char* channel = "live";  // of NOTIFY: a show is watched for the first time

// Ticks take a fifth of the time at most: with more shows than the database reads in 30 ms they come later.
constexpr int tick_share = 5;
// A show where nothing has happened for so long is quiet. Of quiet ones a tick reads so many, in turns: fifty are read in every
// tick, two thousand each in every sixth second. However many are watched, they cost 2 % of a core, where reading them all in
// every tick cost 18 %.
constexpr seconds quiet_after{10};
constexpr int quiet_shows_a_tick = 50;
constexpr seconds renew_after{1};
// While nothing is watched the database is asked only as often, and when it says so.
constexpr seconds look_after{5};
constexpr seconds tidy_after{5};
constexpr milliseconds broken_pause{1000};
constexpr std::int64_t oldest_message_seconds = 60;
constexpr int most_attempts = 3;

std::string array_of(const std::vector<std::string>& numbers) {
    std::string array;
    for (const std::string& number : numbers) {
        array += (array.empty() ? "" : ",") + number;
    }
    return "{" + array + "}";
}

std::string json_of(const std::vector<std::pair<const char*, double>>& numbers) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> json(text);
    json.StartObject();
    for (const auto& [name, number] : numbers) {
        json.Key(name);
        json.Double(number);
    }
    json.EndObject();
    return text.GetString();
}

}  // namespace

void add_live_handler(Handlers& handlers, const Settings& settings, LiveFigures& figures) {
    const auto gateways = std::make_shared<Gateways>(settings.live_gateways, settings.live_secret);
    handlers["live"] = [gateways, &figures](const Job& job) -> Effects {
        const auto drop = [](const std::string& channel, const char* why) {
            log::warning("live_message_dropped", {{"channel", channel}, {"why", why}});
        };
        if (!job.has("messages")) {
            drop("one", "it was written by another version");
            return {};
        }
        const bool is_old = std::time(nullptr) - job.created_at() > oldest_message_seconds;
        bool is_any_left = false;
        for (const auto& item : job.objects("messages")) {
            const std::string channel = text_in(item, {"channel"});
            const auto message = item.FindMember("message");
            // However late: who listens longer than they may is to hear no more.
            const bool is_end = item.HasMember("is_end");
            if (!is_channel(channel) || (!is_end && (message == item.MemberEnd() || !message->value.IsObject()))) {
                drop(channel, "there is no such channel, or no message");
            } else if (is_old && !is_end) {
                drop(channel, "it is too old");
            } else if (is_end ? gateways->hang_up(channel) : gateways->publish(channel, to_json(message->value))) {
                ++figures.messages;
            } else {
                ++figures.failures;
                is_any_left = true;
            }
        }
        if (is_any_left) {
            if (job.attempt_count() < most_attempts) {
                throw JobError("no gateway took the message");  // who heard some hears them again
            }
            drop("several", "no gateway took it");
        }
        return {};
    };
}

LivePublisher::LivePublisher(const Settings& settings, std::string conninfo, std::string worker,
                             LiveFigures& figures)
    : worker_(std::move(worker)),
      figures_(figures),
      session_(std::move(conninfo)),
      gateways_(settings.live_gateways, settings.live_secret),
      thread_([this] { run(); }) {}

LivePublisher::~LivePublisher() {
    stopping_ = true;
    thread_.join();
}

void LivePublisher::run() {
    while (!stopping_) {
        try {
            const bool is_leader = leads();
            if (is_leader && Clock::now() >= tick_at_) {
                tick();
            }
            if (Clock::now() >= tidy_at_) {
                tidy();
            }
            const auto until_tick =
                is_leader ? std::max(milliseconds(1), duration_cast<milliseconds>(tick_at_ - Clock::now())) : tick_length;
            // A show is watched for the first time: that begins now, whenever the next tick would have been.
            if (session_.wait(channel, std::min(until_tick, tick_length)) && watched_.empty()) {
                tick_at_ = Clock::now();
            }
        } catch (const pqxx::failure& error) {
            log::warning("live_database_unreachable", {{"why", error.what()}});
            std::this_thread::sleep_for(broken_pause);
        } catch (const std::exception& error) {
            log::error("live_failed", {{"why", error.what()}});
            watched_.clear();  // it may be wrong, and is read anew
            std::this_thread::sleep_for(broken_pause);
        }
    }
    try {
        note_figures();
        session_.value("ops.leave_lead", {task, worker_});
    } catch (const pqxx::failure&) {
        // The lead ends by itself then.
    }
}

bool LivePublisher::leads() {
    const auto now = Clock::now();
    if (now >= renew_at_) {
        const bool is_taken =
            session_.value("ops.take_lead", {task, worker_, std::to_string(lead_length.count())}) == "t";
        if (is_taken && now >= leads_until_) {
            log::info("live_leads");
            watched_.clear();  // others may have published since
            tick_at_ = {};
        }
        leads_until_ = is_taken ? now + lead_length : Clock::time_point{};
        renew_at_ = now + renew_after;
    }
    return now < leads_until_;
}

void LivePublisher::tick() {
    const auto start = Clock::now();
    std::vector<std::string> show_ids;
    std::vector<std::string> versions;
    for (const auto& [show_id, seats] : watched_) {
        show_ids.push_back(show_id);
        versions.push_back(std::to_string(seats.version()));
    }
    const auto left_out = take_turns(start);
    for (const auto& row :
         session_.rows("ops.watched_changes", {array_of(show_ids), array_of(versions), array_of(left_out)})) {
        if (stopping_) {
            return;  // what is not told yet the next leader tells
        }
        publish(row["show_id"].c_str(), row);
    }

    const auto took = Clock::now() - start;
    ++figures_.ticks;
    figures_.tick_microseconds += duration_cast<std::chrono::microseconds>(took).count();
    tick_at_ = start + (watched_.empty() ? look_after : std::max<Clock::duration>(tick_length, took * tick_share));
}

std::vector<std::string> LivePublisher::take_turns(Clock::time_point now) {
    std::erase_if(moved_at_, [now](const auto& entry) { return now - entry.second > quiet_after; });
    // From the show after the last one of the turn before, in the map's order, and from its beginning again.
    std::vector<std::string> left_out;
    int turns = quiet_shows_a_tick;
    std::string last = last_turn_;
    for (const bool is_after : {true, false}) {
        for (const auto& [show_id, seats] : watched_) {
            if ((show_id > last) != is_after || moved_at_.contains(show_id)) {
                continue;
            }
            if (turns > 0) {
                --turns;
                last_turn_ = show_id;
            } else {
                left_out.push_back(show_id);
            }
        }
    }
    return left_out;
}

void LivePublisher::publish(const std::string& show_id, const pqxx::row& row) {
    auto found = watched_.find(show_id);
    if (found == watched_.end()) {
        found = watched_.emplace(show_id, row).first;
    }
    moved_at_[show_id] = Clock::now();
    WatchedSeats& seats = found->second;
    SeatsNow now = seats_now(row);
    if (!seats.fits(now)) {
        watched_.erase(found);  // it has got more seats, and is read anew in the next tick
        return;
    }
    const std::string message = seats.delta(now);
    if (!message.empty()) {
        if (!gateways_.publish("show:" + show_id, message)) {
            ++figures_.failures;
            return;  // told in a later tick, together with what changes until then
        }
        ++figures_.messages;
    }
    seats.published(std::move(now));
}

void LivePublisher::tidy() {
    tidy_at_ = Clock::now() + tidy_after;
    if (!watched_.empty()) {
        for (const auto& row : session_.rows("ops.forget_unwatched")) {
            watched_.erase(row[0].c_str());
        }
    }
    note_figures();
}

void LivePublisher::note_figures() {
    const std::vector<std::pair<const char*, double>> counters{
        {"live_messages_total", figures_.messages.exchange(0)},
        {"live_publish_failures_total", figures_.failures.exchange(0)},
        {"live_ticks_total", figures_.ticks.exchange(0)},
        {"live_tick_seconds_total", static_cast<double>(figures_.tick_microseconds.exchange(0)) / 1e6},
    };
    std::vector<std::pair<const char*, double>> gauges;
    if (Clock::now() < leads_until_) {
        gauges.emplace_back("live_watched_shows", watched_.size());
        if (const auto totals = gateways_.totals()) {
            gauges.emplace_back("live_listeners", totals->listeners);
            gauges.emplace_back("live_channels", totals->channels);
        }
    }
    session_.value("ops.note_figures", {json_of(counters), json_of(gauges)});
}

}  // namespace boxoffice::worker

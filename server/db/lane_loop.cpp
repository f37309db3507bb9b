// Considered and rejected: one write connection that pipelines. With a Sync for each call it loses group
// commit (2.7k/s against 20k/s), and one Sync for many calls would make them one transaction.

#include "db/lane_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "db/conninfo.hpp"

namespace boxoffice::db {
namespace {

constexpr int max_sendings = 4;  // the first, and three more
constexpr std::chrono::milliseconds first_backoff{50};
constexpr std::chrono::milliseconds last_backoff{2000};
constexpr std::chrono::milliseconds connect_timeout{5000};
// How long after its statement time-out a silent PostgreSQL counts as gone.
constexpr std::chrono::milliseconds silence_grace{5000};
// How often silence is looked for.
constexpr std::chrono::milliseconds watch_interval{250};

std::string lane_conninfo(const Options& options) {
    ServerSettings settings{{"statement_timeout", std::to_string(options.statement_timeout.count())}};
    if (options.read_only) {
        settings.emplace_back("default_transaction_read_only", "on");
    }
    return conninfo_with(options.conninfo, settings);
}

// Whether a failure says that nothing came of this sending. Of an earlier one it says nothing.
bool is_of_sending(const Failure& failure) {
    const std::string_view state = failure.sqlstate;
    return state.starts_with("40") || state.starts_with("53") || state.starts_with("57");
}

// libpq takes text parameters up to their first NUL, which would cut them silently.
bool holds_nul(const Call& call) {
    return std::any_of(call.parameters.begin(), call.parameters.end(), [](const auto& parameter) {
        return parameter && parameter->find('\0') != std::string::npos;
    });
}

}  // namespace

Lanes::Loop::Loop(Options options)
    : options_(std::move(options)),
      conninfo_(lane_conninfo(options_)),
      epoll_(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd") {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = options_.connections;
    if (epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_.number(), &event) != 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
    for (std::size_t index = 0; index < options_.connections; ++index) {
        slots_.push_back(std::make_unique<Slot>(conninfo_, options_.name, epoll_.number(), index));
    }
    thread_ = std::thread([this] { run(); });
}

bool Lanes::Loop::submit(Call&& call) {
    bool is_first = false;
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_ || queued_ >= options_.max_queue) {
            return false;
        }
        is_first = submitted_.empty();
        submitted_.push_back({std::move(call)});
        ++queued_;
    }
    if (is_first) {
        eventfd_write(wake_.number(), 1);
    }
    return true;
}

void Lanes::Loop::stop(std::chrono::milliseconds grace) {
    {
        const std::lock_guard lock(mutex_);
        if (!is_stopping_) {
            is_stopping_ = true;
            stop_at_ = Clock::now() + grace;
        }
    }
    eventfd_write(wake_.number(), 1);
    if (thread_.joinable()) {
        thread_.join();
    }
}

Stats Lanes::Loop::stats() const {
    return {queued_, in_flight_, connected_, reconnects_, resent_, timed_out_, completed_};
}

void Lanes::Loop::run() {
    for (auto now = Clock::now(); !is_over(now); now = Clock::now()) {
        if (now >= next_timer_) {
            run_timers(now);
        }
        dispatch(now);
        publish_figures();
        wait(now);
    }
    fail_rest();
    publish_figures();
}

// Waits for events or the next timer, and handles the events.
void Lanes::Loop::wait(Clock::time_point now) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_timer_ - now).count();
    const int timeout = finished_.empty() ? static_cast<int>(std::clamp<std::int64_t>(left, 0, 60000)) : 0;
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), timeout);
    now = Clock::now();
    for (int index = 0; index < count; ++index) {
        const std::uint64_t tag = events[static_cast<std::size_t>(index)].data.u64;
        if (tag == options_.connections) {
            take_submitted();
            continue;
        }
        Slot& slot = *slots_[tag];
        slot.connection.handle_event(now, finished_);
        notice_changes(slot, now);
    }
    for (Finished& finished : finished_) {
        settle(std::move(finished));
    }
    finished_.clear();
}

void Lanes::Loop::take_submitted() {
    eventfd_t ignored = 0;
    eventfd_read(wake_.number(), &ignored);
    std::vector<Job> submitted;
    {
        const std::lock_guard lock(mutex_);
        submitted.swap(submitted_);
        if (is_stopping_) {
            next_timer_ = std::min(next_timer_, stop_at_);
        }
    }
    for (Job& job : submitted) {
        job.statement = statements_.try_emplace(*job.call.sql, statements_.size()).first->second;
        next_timer_ = std::min(next_timer_, job.call.deadline);
        queue_.push_back(std::move(job));
    }
}

bool Lanes::Loop::is_over(Clock::time_point now) {
    {
        const std::lock_guard lock(mutex_);
        if (!is_stopping_ || now >= stop_at_) {
            return is_stopping_;
        }
    }
    return queued_ == 0 && std::all_of(slots_.begin(), slots_.end(),
                                       [](const auto& slot) { return slot->connection.in_flight() == 0; });
}

void Lanes::Loop::dispatch(Clock::time_point now) {
    while (!queue_.empty()) {
        Slot* slot = least_loaded();
        if (slot == nullptr) {
            return;
        }
        Job job = std::move(queue_.front());
        queue_.pop_front();
        --queued_;
        if (holds_nul(job.call)) {
            finish(std::move(job), Failure{"22021", "a text cannot hold a NUL byte", "", ""});
            continue;
        }
        if (slot->connection.send(job, now)) {
            next_timer_ = std::min(next_timer_, now + watch_interval);
        } else if (job.sendings < max_sendings) {
            send_again(std::move(job));
        } else {
            finish(std::move(job), Failure{"08006", slot->connection.error(), "", ""});
        }
        notice_changes(*slot, now);
    }
}

// The connection with room that has the fewest calls; of equals the first, so that few stay warm.
Lanes::Loop::Slot* Lanes::Loop::least_loaded() {
    Slot* best = nullptr;
    for (const auto& slot : slots_) {
        const Connection& connection = slot->connection;
        if (connection.state() == Connection::State::up && connection.in_flight() < options_.pipeline_depth &&
            (best == nullptr || connection.in_flight() < best->connection.in_flight())) {
            best = slot.get();
            if (connection.in_flight() == 0) {
                break;
            }
        }
    }
    return best;
}

void Lanes::Loop::settle(Finished&& finished) {
    if (finished.is_transient && finished.job.sendings < max_sendings) {
        send_again(std::move(finished.job));
    } else {
        finish(std::move(finished.job), std::move(finished.outcome));
    }
}

void Lanes::Loop::finish(Job&& job, Outcome&& outcome) {
    completed_.fetch_add(1, std::memory_order_relaxed);
    if (auto* failure = std::get_if<Failure>(&outcome);
        failure != nullptr && job.is_in_doubt && is_of_sending(*failure)) {
        failure->sqlstate = "08006";
    }
    const auto done = std::move(job.call.done);
    done(std::move(outcome));
}

void Lanes::Loop::send_again(Job&& job) {
    resent_.fetch_add(1, std::memory_order_relaxed);
    ++queued_;
    next_timer_ = std::min(next_timer_, job.call.deadline);
    queue_.push_front(std::move(job));
}

// After anything that may have connected or closed the slot's connection.
void Lanes::Loop::notice_changes(Slot& slot, Clock::time_point now) {
    Connection& connection = slot.connection;
    if (connection.state() == Connection::State::up && !slot.was_up) {
        slot.was_up = true;
        slot.backoff = std::chrono::milliseconds(0);
        if (slot.is_loss_told) {
            slot.is_loss_told = false;
            log::info("database_connected", {{"lane", options_.name}});
        }
        return;
    }
    if (connection.state() != Connection::State::down || slot.connect_at > now) {
        return;
    }
    if (!slot.is_loss_told) {
        slot.is_loss_told = true;
        log::warning(
            "database_lost",
            {{"lane", options_.name}, {"in_flight", connection.in_flight()}, {"error", connection.error()}});
    }
    if (slot.was_up) {
        slot.was_up = false;
        reconnects_.fetch_add(1, std::memory_order_relaxed);
    }
    slot.backoff = std::clamp(slot.backoff * 2, first_backoff, last_backoff);
    slot.connect_at = now + slot.backoff;
    next_timer_ = std::min(next_timer_, slot.connect_at);
    auto lost = connection.take_lost();
    for (auto job = lost.rbegin(); job != lost.rend(); ++job) {
        if (job->call.retry && job->sendings < max_sendings) {
            job->is_in_doubt = true;
            send_again(std::move(*job));
        } else {
            finished_.push_back({std::move(*job), Failure{"08006", connection.error(), "", ""}, false});
        }
    }
}

void Lanes::Loop::run_timers(Clock::time_point now) {
    next_timer_ = Clock::time_point::max();
    for (const auto& slot : slots_) {
        check_slot(*slot, now);
    }
    expire_queue(now);
    const std::lock_guard lock(mutex_);
    if (is_stopping_) {
        next_timer_ = std::min(next_timer_, stop_at_);
    }
}

void Lanes::Loop::expire_queue(Clock::time_point now) {
    std::deque<Job> waiting;
    waiting.swap(queue_);
    for (Job& job : waiting) {
        if (job.call.deadline <= now) {
            --queued_;
            timed_out_.fetch_add(1, std::memory_order_relaxed);
            finish(std::move(job), Failure{"57014", "no connection was free in time", "", ""});
        } else {
            next_timer_ = std::min(next_timer_, job.call.deadline);
            queue_.push_back(std::move(job));
        }
    }
}

// Connects when it is time to, and closes what has been silent for too long.
void Lanes::Loop::check_slot(Slot& slot, Clock::time_point now) {
    Connection& connection = slot.connection;
    if (connection.state() == Connection::State::down && slot.connect_at <= now) {
        connection.connect(now);
    } else if (connection.state() == Connection::State::connecting &&
               now - connection.progress_at() > connect_timeout) {
        connection.close("no connection within the time-out");
    } else if (connection.in_flight() > 0 && options_.statement_timeout.count() > 0 &&
               now - connection.progress_at() > options_.statement_timeout + silence_grace) {
        connection.close("no answer within the statement time-out");
    }
    notice_changes(slot, now);
    if (connection.state() == Connection::State::down) {
        next_timer_ = std::min(next_timer_, slot.connect_at);
    } else if (connection.state() == Connection::State::connecting || connection.in_flight() > 0) {
        next_timer_ = std::min(next_timer_, now + watch_interval);
    }
}

// What is left when the grace is over.
void Lanes::Loop::fail_rest() {
    take_submitted();
    for (const auto& slot : slots_) {
        slot->connection.close("the lane was stopped");
        for (Job& job : slot->connection.take_lost()) {
            finish(std::move(job), Failure{"08006", "the lane was stopped", "", ""});
        }
    }
    while (!queue_.empty()) {
        Job job = std::move(queue_.front());
        queue_.pop_front();
        --queued_;
        finish(std::move(job), Failure{"57P01", "the lane was stopped", "", ""});
    }
}

void Lanes::Loop::publish_figures() {
    std::size_t in_flight = 0;
    std::size_t connected = 0;
    for (const auto& slot : slots_) {
        in_flight += slot->connection.in_flight();
        connected += slot->connection.state() == Connection::State::up ? 1 : 0;
    }
    in_flight_.store(in_flight, std::memory_order_relaxed);
    connected_.store(connected, std::memory_order_relaxed);
}

}  // namespace boxoffice::db

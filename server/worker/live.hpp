// The live channels' publisher. Not for what happens in the gateway: nginx.conf.in; nor for which shows are watched, and how
// that is known: sql/ops/live.sql.
//
// Two things are published. Changes of seats, by one thread of the one worker that leads: each tick it reads what has
// changed in all watched shows in one query, and publishes a message a show. And messages that transactions promised
// (outbox kind `live`), by any worker's threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/settings.hpp"
#include "db/session.hpp"
#include "worker/gateways.hpp"
#include "worker/job.hpp"
#include "worker/seat_deltas.hpp"

namespace boxoffice::worker {

// What a worker counts, until it is noted in ops.figures and begins at 0 again. Any thread.
struct LiveFigures {
    std::atomic<std::int64_t> messages{0};
    std::atomic<std::int64_t> failures{0};
    std::atomic<std::int64_t> ticks{0};
    std::atomic<std::int64_t> tick_microseconds{0};
};

// The outbox kind `live`. A message is for the moment: one that is a minute old, or could not be published in three
// attempts, is dropped.
void add_live_handler(Handlers& handlers, const Settings& settings, LiveFigures& figures);

class LivePublisher {
public:
    static constexpr std::chrono::milliseconds tick_length{150};
    // Another worker takes over so long after the leader was heard of last.
    static constexpr std::chrono::seconds lead_length{4};

    // Begins at once. `conninfo` is of the worker's role; `worker` names the process, as no other is named.
    LivePublisher(const Settings& settings, std::string conninfo, std::string worker, LiveFigures& figures);
    ~LivePublisher();

    LivePublisher(const LivePublisher&) = delete;
    LivePublisher& operator=(const LivePublisher&) = delete;

private:
    using Clock = std::chrono::steady_clock;

    void run();
    // Whether this worker leads now; renews the lead, or tries to take it, once a second.
    bool leads();
    void tick();
    // The watched shows that this tick leaves out: quiet ones whose turn it is not.
    std::vector<std::string> take_turns(Clock::time_point now);
    void publish(const std::string& show_id, const pqxx::row& row);
    // Lets go of shows to which nobody has come for long, and notes what was counted.
    void tidy();
    void note_figures();

    const std::string worker_;
    LiveFigures& figures_;
    db::Session session_;
    Gateways gateways_;
    std::map<std::string, WatchedSeats> watched_;  // by show id
    std::map<std::string, Clock::time_point> moved_at_;  // when a show that is not quiet was published last
    std::string last_turn_;                              // the quiet show that was read last
    Clock::time_point leads_until_{};
    Clock::time_point renew_at_{};
    Clock::time_point tick_at_{};
    Clock::time_point tidy_at_{};

    std::atomic<bool> stopping_{false};
    std::thread thread_;  // last: it uses the rest
};

}  // namespace boxoffice::worker

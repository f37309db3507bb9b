// The loop of a lane: the queue before the connections, and the thread that drives them.
// connection.hpp speaks libpq; lane.hpp is what others see.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <vector>

#include "db/connection.hpp"
#include "db/lane.hpp"

namespace boxoffice::db {

// A file descriptor that is closed with its owner. Throws std::system_error for one that is none.
class Descriptor {
public:
    Descriptor(int number, const char* what) : number_(number) {
        if (number < 0) {
            throw std::system_error(errno, std::generic_category(), what);
        }
    }
    ~Descriptor() { ::close(number_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }

private:
    const int number_;
};

class Lanes::Loop {
public:
    explicit Loop(Options options);
    ~Loop() { stop(std::chrono::milliseconds(0)); }

    bool submit(Call&& call);
    void stop(std::chrono::milliseconds grace);
    Stats stats() const;

private:
    // A connection and when it is tried again after a loss.
    struct Slot {
        Slot(const std::string& conninfo, const std::string& lane, int epoll, std::uint64_t tag)
            : connection(conninfo, lane, epoll, tag) {}

        Connection connection;
        std::chrono::milliseconds backoff{0};
        Clock::time_point connect_at;
        bool was_up = false;        // since the last loss
        bool is_loss_told = false;  // in the log
    };

    void run();
    void wait(Clock::time_point now);
    void take_submitted();
    bool is_over(Clock::time_point now);
    void dispatch(Clock::time_point now);
    Slot* least_loaded();
    void settle(Finished&& finished);
    void finish(Job&& job, Outcome&& outcome);
    void send_again(Job&& job);
    void notice_changes(Slot& slot, Clock::time_point now);
    void run_timers(Clock::time_point now);
    void expire_queue(Clock::time_point now);
    void check_slot(Slot& slot, Clock::time_point now);
    void fail_rest();
    void publish_figures();

    const Options options_;
    const std::string conninfo_;
    const Descriptor epoll_;
    const Descriptor wake_;

    // Shared with the submitting threads.
    std::mutex mutex_;
    std::vector<Job> submitted_;          // guarded by mutex_
    bool is_stopping_ = false;            // guarded by mutex_
    Clock::time_point stop_at_;           // guarded by mutex_
    std::atomic<std::size_t> queued_{0};  // submitted_ and queue_ together

    // The loop thread's own.
    std::vector<std::unique_ptr<Slot>> slots_;
    std::deque<Job> queue_;
    std::vector<Finished> finished_;
    std::unordered_map<std::string, std::size_t> statements_;
    Clock::time_point next_timer_;

    // Written by the loop thread, read by stats().
    std::atomic<std::size_t> in_flight_{0};
    std::atomic<std::size_t> connected_{0};
    std::atomic<std::uint64_t> reconnects_{0};
    std::atomic<std::uint64_t> resent_{0};
    std::atomic<std::uint64_t> timed_out_{0};
    std::atomic<std::uint64_t> completed_{0};

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace boxoffice::db

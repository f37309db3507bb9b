// Runs things later, on one thread of its own: for answers that are to be late.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace boxoffice::sandbox {

class Timer {
public:
    Timer();
    // What is not yet due is dropped.
    ~Timer();

    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Any thread. `act` must not block nor throw.
    void after(std::chrono::milliseconds delay, std::function<void()> act);

private:
    using Clock = std::chrono::steady_clock;

    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<Clock::time_point, std::function<void()>> acts_;  // guarded by mutex_
    bool stopping_ = false;                                         // guarded by mutex_
    std::thread thread_;                                            // last: it uses the rest
};

}  // namespace boxoffice::sandbox

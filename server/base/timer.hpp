// One thread that runs things later. What it runs must be short: it hands over to a lane or a pool.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace boxoffice {

class Timer {
public:
    Timer();
    // What has not run yet is dropped.
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Any thread. Must not throw when it runs.
    void after(std::chrono::milliseconds delay, std::function<void()> work);

private:
    using Clock = std::chrono::steady_clock;

    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::multimap<Clock::time_point, std::function<void()>> queue_;  // guarded by mutex_
    bool stopping_ = false;                                          // guarded by mutex_
    std::thread thread_;
};

}  // namespace boxoffice

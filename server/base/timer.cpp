#include "base/timer.hpp"

namespace boxoffice {

Timer::Timer() : thread_([this] { run(); }) {}

Timer::~Timer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Timer::after(std::chrono::milliseconds delay, std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        queue_.emplace(Clock::now() + delay, std::move(work));
    }
    wake_.notify_one();
}

void Timer::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (queue_.empty()) {
            wake_.wait(lock);
        } else if (const auto due = queue_.begin()->first; due > Clock::now()) {
            wake_.wait_until(lock, due);
        } else {
            const std::function<void()> work = std::move(queue_.begin()->second);
            queue_.erase(queue_.begin());
            lock.unlock();
            work();
            lock.lock();
        }
    }
}

}  // namespace boxoffice

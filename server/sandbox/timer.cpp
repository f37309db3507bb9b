#include "sandbox/timer.hpp"

namespace boxoffice::sandbox {

Timer::Timer() : thread_([this] { run(); }) {}

Timer::~Timer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Timer::after(std::chrono::milliseconds delay, std::function<void()> act) {
    {
        const std::lock_guard lock(mutex_);
        acts_.emplace(Clock::now() + delay, std::move(act));
    }
    changed_.notify_all();
}

void Timer::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (acts_.empty()) {
            changed_.wait(lock);
        } else if (const auto due = acts_.begin()->first; due > Clock::now()) {
            changed_.wait_until(lock, due);
        } else {
            const auto act = std::move(acts_.extract(acts_.begin()).mapped());
            lock.unlock();
            act();
            lock.lock();
        }
    }
}

}  // namespace boxoffice::sandbox

#include "api/pool.hpp"

namespace boxoffice::api {

Pool::Pool(size_t threads, size_t max_queue, size_t max_queue_each)
    : max_queue_(max_queue), max_queue_each_(max_queue_each) {
    for (size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this] { run(); });
}

Pool::~Pool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

bool Pool::submit(std::function<void()> work, const std::string& whose) {
    {
        const std::lock_guard lock(mutex_);
        const auto own = queues_.find(whose);
        const size_t own_waiting = own == queues_.end() ? 0 : own->second.size();
        if (stopping_ || waiting_ >= max_queue_ || (!whose.empty() && own_waiting >= max_queue_each_))
            return false;
        if (own_waiting == 0)
            turns_.push_back(whose);
        queues_[whose].push_back(std::move(work));
        ++waiting_;
    }
    wake_.notify_one();
    return true;
}

void Pool::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || waiting_ > 0; });
        if (waiting_ == 0)
            return;
        const auto own = queues_.find(turns_.front());
        turns_.pop_front();
        const std::function<void()> work = std::move(own->second.front());
        own->second.pop_front();
        --waiting_;
        if (own->second.empty())
            queues_.erase(own);
        else
            turns_.push_back(own->first);
        lock.unlock();
        work();
        lock.lock();
    }
}

}  // namespace boxoffice::api

// A few threads and a bounded queue before them, for work that must not stand in the way of I/O: password
// hashes and pages. Work is done for each of those who wait in turn, so that who asks for much waits for themselves.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace boxoffice::api {

class Pool {
public:
    // Of anyone but "" at most `max_queue_each` wait.
    Pool(size_t threads, size_t max_queue, size_t max_queue_each = SIZE_MAX);
    // Runs what is queued, then joins the threads.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Any thread. False, and the work is dropped, when the queue is full, or what is `whose`. The work must not throw.
    bool submit(std::function<void()> work, const std::string& whose = {});

private:
    void run();

    using Queue = std::deque<std::function<void()>>;

    const size_t max_queue_;
    const size_t max_queue_each_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::string, Queue> queues_;   // of those who wait, none empty; guarded by mutex_
    std::deque<std::string> turns_;         // whose turn it is, each of them once; guarded by mutex_
    size_t waiting_ = 0;                    // in all queues; guarded by mutex_
    bool stopping_ = false;                    // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace boxoffice::api

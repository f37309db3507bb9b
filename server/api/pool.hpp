// A few threads and a bounded queue before them, for work that must not stand in the way of I/O: password
// hashes and pages.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace boxoffice::api {

class Pool {
public:
    Pool(size_t threads, size_t max_queue);
    // Runs what is queued, then joins the threads.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Any thread. False, and the work is dropped, when the queue is full. The work must not throw.
    bool submit(std::function<void()> work);

private:
    void run();

    const size_t max_queue_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;  // guarded by mutex_
    bool stopping_ = false;                    // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace boxoffice::api

// Does jobs on a few threads, each with its own handlers and database connection.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "worker/job.hpp"
#include "worker/outbox.hpp"

namespace boxoffice::worker {

class Pool {
public:
    struct Size {
        std::size_t threads;
        std::size_t capacity;  // jobs in hand, those that wait included
        bool rests = false;    // after each job, for as long as it took: half of a processor is the most a thread takes
    };

    // `make_handlers` is called once on each thread; `conninfo` is of the worker's role.
    // `nice`: how far the threads stand back where the processor is wanted by others, 0 to 19.
    Pool(Size size, std::function<Handlers()> make_handlers, std::string conninfo, int nice = 0);
    // Does what was added, then ends the threads.
    ~Pool();

    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // How many jobs it may have at once, and how many may be added now.
    std::size_t capacity() const { return capacity_; }
    std::size_t room() const;

    void add(std::vector<Job> jobs);

private:
    void work();
    static void run(const Job& job, const Handlers& handlers, Outbox& outbox);

    const std::size_t capacity_;
    const bool rests_;
    const std::function<Handlers()> make_handlers_;
    const std::string conninfo_;
    const int nice_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> waiting_;      // guarded by mutex_
    std::size_t in_progress_ = 0;  // guarded by mutex_
    bool stopping_ = false;        // guarded by mutex_

    std::vector<std::thread> threads_;  // last: they use the rest
};

}  // namespace boxoffice::worker

#include "worker/pool.hpp"

#include <sys/resource.h>

#include <chrono>
#include <exception>
#include <pqxx/pqxx>

#include "base/fault.hpp"
#include "base/log.hpp"

namespace boxoffice::worker {
namespace {

// What was done must be told while the job is still ours; a restart of PostgreSQL takes a few seconds.
template <typename Tell>
void tell_until_told(Tell tell) {
    const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(Outbox::lease_seconds);
    while (true) {
        try {
            return tell();
        } catch (const pqxx::broken_connection&) {
            if (std::chrono::steady_clock::now() > give_up_at) {
                throw;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
    }
}

}  // namespace

Pool::Pool(Size size, std::function<Handlers()> make_handlers, std::string conninfo, int nice)
    : capacity_(size.capacity),
      rests_(size.rests),
      make_handlers_(std::move(make_handlers)),
      conninfo_(std::move(conninfo)),
      nice_(nice) {
    threads_.reserve(size.threads);
    for (std::size_t i = 0; i < size.threads; ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

Pool::~Pool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

std::size_t Pool::room() const {
    const std::lock_guard lock(mutex_);
    return capacity_ - waiting_.size() - in_progress_;
}

void Pool::add(std::vector<Job> jobs) {
    {
        const std::lock_guard lock(mutex_);
        for (Job& job : jobs) {
            waiting_.push_back(std::move(job));
        }
    }
    changed_.notify_all();
}

void Pool::work() {
    if (nice_ > 0) {
        setpriority(PRIO_PROCESS, 0, nice_);  // of this thread alone: setpriority(2)
    }
    const Handlers handlers = make_handlers_();
    Outbox outbox(conninfo_);
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) {
            return;
        }
        const Job job = std::move(waiting_.front());
        waiting_.pop_front();
        ++in_progress_;
        lock.unlock();
        const auto began = std::chrono::steady_clock::now();
        run(job, handlers, outbox);
        lock.lock();
        --in_progress_;
        if (rests_) {
            changed_.wait_for(lock, std::chrono::steady_clock::now() - began, [this] { return stopping_; });
        }
    }
}

// Whatever happens, the job is finished, given up, or due again later: when nothing could be told, as its
// lease ends.
void Pool::run(const Job& job, const Handlers& handlers, Outbox& outbox) {
    const auto tell = [&](bool is_dead, const char* why) {
        log::write(is_dead ? log::Level::error : log::Level::warning, is_dead ? "job_dead" : "job_retry",
                   {{"kind", job.kind()},
                    {"show_id", job.show_id()},
                    {"outbox_id", job.outbox_id()},
                    {"attempt", job.attempt_count()},
                    {"why", why}});
    };
    const auto again_later = [&](const char* why) {
        bool is_dead = false;
        tell_until_told([&] { is_dead = outbox.retry(job, why); });
        tell(is_dead, why);
    };
    try {
        try {
            fault::point(job.kind(), "claimed");
            const Effects effects = handlers.at(job.kind())(job);
            fault::point(job.kind(), "answered");
            tell_until_told([&] { outbox.finish(job, effects); });
            fault::point(job.kind(), "finished");
            log::debug("job_done", {{"kind", job.kind()}, {"outbox_id", job.outbox_id()}});
        } catch (const LeaseLost& error) {
            log::info("job_left", {{"kind", job.kind()}, {"outbox_id", job.outbox_id()}, {"why", error.what()}});
        } catch (const JobError& error) {
            again_later(error.what());
        } catch (const JobRefused& error) {
            tell_until_told([&] { outbox.give_up(job, error.what()); });
            tell(true, error.what());
        } catch (const pqxx::sql_error& error) {
            again_later(error.what());
        }
    } catch (const std::exception& error) {
        log::error("job_lost", {{"kind", job.kind()}, {"outbox_id", job.outbox_id()}, {"why", error.what()}});
    }
}

}  // namespace boxoffice::worker

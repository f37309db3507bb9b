// ops.outbox as a worker sees it: rows are borrowed, and given back done or to be tried again.
#pragma once

#include <string>
#include <vector>

#include "db/session.hpp"
#include "worker/job.hpp"

namespace boxoffice::worker {

// For one thread. Errors of the database are pqxx's.
class Outbox {
public:
    // How long a row is lent. A job that takes longer may be done twice at once, which it must bear; a
    // worker that was killed holds up its rows for so long.
    static constexpr int lease_seconds = 20;

    explicit Outbox(std::string conninfo) : session_(std::move(conninfo)) {}

    // Borrows up to `limit` due jobs of these kinds. `worker` names the borrower. A row that is no job is
    // logged, given up and left out.
    std::vector<Job> claim(const std::string& worker, const std::vector<std::string>& kinds,
                           std::size_t limit);

    // The job is done: its effects and its end are one transaction. Again, with the same effects, is
    // harmless.
    void finish(const Job& job, Effects effects);

    // The job is tried again later. True when it was given up instead.
    bool retry(const Job& job, const std::string& why);

    // The job is given up.
    void give_up(const Job& job, const std::string& why);

    // Has the provider's list of events read, if that is due.
    void promise_reading_events() { session_.value("ops.promise_reading_events"); }

private:
    db::Session session_;
};

}  // namespace boxoffice::worker

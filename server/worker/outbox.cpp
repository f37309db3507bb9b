#include "worker/outbox.hpp"

#include "base/log.hpp"

namespace boxoffice::worker {
namespace {

// Kinds are words of a CHECK constraint, so nothing in them needs quoting.
std::string array_literal(const std::vector<std::string>& words) {
    std::string literal;
    for (const std::string& word : words) {
        literal += (literal.empty() ? "" : ",") + word;
    }
    return "{" + literal + "}";
}

}  // namespace

std::vector<Job> Outbox::claim(const std::string& worker, const std::vector<std::string>& kinds,
                               std::size_t limit) {
    const auto rows = session_.rows("ops.claim_outbox", {worker, array_literal(kinds), std::to_string(limit),
                                                         std::to_string(lease_seconds)});
    std::vector<Job> jobs;
    jobs.reserve(rows.size());
    for (const auto& row : rows) {
        try {
            jobs.emplace_back(row[0].as<std::string>());
        } catch (const JobError& error) {  // keeps its lease; the others are not to wait for it
            log::error("job_unreadable", {{"why", error.what()}});
        }
    }
    return jobs;
}

void Outbox::finish(const Job& job, Effects effects) {
    effects.push_back({"ops.finish_outbox", {job.show_id(), job.outbox_id()}});
    session_.together(effects);
}

bool Outbox::retry(const Job& job, const std::string& why) {
    return session_.value("ops.retry_outbox", {job.show_id(), job.outbox_id(), why}) == "t";
}

void Outbox::give_up(const Job& job, const std::string& why) {
    session_.value("ops.give_up_outbox", {job.show_id(), job.outbox_id(), why});
}

}  // namespace boxoffice::worker

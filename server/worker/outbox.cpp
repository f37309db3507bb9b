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
        const auto show_id = row["show_id"].as<std::string>();
        const auto outbox_id = row["outbox_id"].as<std::string>();
        try {
            jobs.emplace_back(row["job"].as<std::string>());
        } catch (const JobError& error) {
            // Nor would it be readable the next time.
            log::error("job_unreadable",
                       {{"show_id", show_id}, {"outbox_id", outbox_id}, {"why", error.what()}});
            session_.value("ops.give_up_outbox", {show_id, outbox_id, error.what()});
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

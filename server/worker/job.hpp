// A borrowed row of the outbox, and what doing one means.
#pragma once

#include <rapidjson/document.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "db/session.hpp"

namespace boxoffice::worker {

// The job cannot be done now, or not as it stands: it is tried again later, and given up in the end.
class JobError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The job can never be done: it is given up at once.
class JobRefused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Another has the job by now, or will have it: it is left alone.
class LeaseLost : public std::runtime_error {
public:
    LeaseLost() : std::runtime_error("the lease ran out before the work began") {}
};

class Job {
public:
    // One row's job as ops.claim_outbox answers it. Throws JobError when it is not of that form.
    explicit Job(const std::string& json);

    const std::string& kind() const { return kind_; }
    const std::string& show_id() const { return show_id_; }
    const std::string& outbox_id() const { return outbox_id_; }
    // When the work was promised, seconds since 1970: the same at each attempt.
    std::int64_t created_at() const { return created_at_; }
    int attempt_count() const { return attempt_count_; }
    // How long it has been in this process's hands.
    std::chrono::steady_clock::duration age() const { return std::chrono::steady_clock::now() - lent_at_; }

    // The payload as JSON.
    std::string payload() const;

    // A text or whole number of the payload, as text. Throws JobError when there is none.
    std::string text(const char* member) const;

    // The same where it may be missing: then it is empty.
    std::string text_if_any(const char* member) const;

    // Whether the payload has this member as true.
    bool is_set(const char* member) const;

    bool has(const char* member) const { return row_["payload"].HasMember(member); }

    // The objects of an array of the payload. Throws JobError when there is no such array.
    rapidjson::Value::ConstArray objects(const char* member) const;

private:
    rapidjson::Document row_;
    std::string kind_;
    std::string show_id_;
    std::string outbox_id_;
    std::int64_t created_at_ = 0;
    int attempt_count_ = 0;
    std::chrono::steady_clock::time_point lent_at_ = std::chrono::steady_clock::now();
};

// What the database is told of a job that was done; it and the end of the job are one transaction.
using Effects = std::vector<db::FunctionCall>;

// Does a job of one kind. It may be called twice for one job. Throws JobError to be called again later,
// JobRefused to have it given up.
using Handler = std::function<Effects(const Job&)>;

// By kind of job. Each thread has its own, so that handlers may keep connections.
using Handlers = std::map<std::string, Handler, std::less<>>;

}  // namespace boxoffice::worker

// What a client is told when it does not get what it asked for: RFC 9457 problem details, and the one place
// where an SQLSTATE becomes an HTTP status.
//
//   SQLSTATE                                   answer
//   BX…, a row of api.error                    its status and code; MESSAGE is the detail, else the row's own;
//                                              DETAIL (a JSON object) gives further members
//   22xxx while a parameter is read            400 invalid_request, naming the field
//   22P02 22P05 22003 22007 22008 22021        400 invalid_request
//   57014                                      504 timeout
//   08xxx of a call that may have taken effect 503 outcome_unknown
//   08xxx 40001 40P01 53xxx 55P03 57P0x        503 busy
//   anything else                              500 internal_error with an incident id that the log has,
//                                              nothing more
//
// Every problem has a detail, and every invalid_request names a field: "body", "query" or "request" when it is
// none of the route's.
// Not here: how a page shows a problem (pages.hpp).
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "db/lane.hpp"
#include "http/message.hpp"

namespace boxoffice::api {

struct Problem {
    int status = 500;
    std::string code;
    std::string title;
    std::string detail;
    std::string members;  // JSON members without braces, such as `"field":"seats"`; may be empty
    int retry_after = 0;  // seconds; 0: no Retry-After
    std::string allow;    // for 405
};

// {"type", "title", "status", "code", "detail", members…}
std::string to_json(const Problem& problem);

// Retry-After, Allow and WWW-Authenticate, where the problem asks for them.
void add_problem_headers(const Problem& problem, std::vector<http::Header>& headers);

http::Response to_response(const Problem& problem);

// Thrown where a request is read; caught once, in dispatch.
class Refusal : public std::runtime_error {
public:
    explicit Refusal(Problem problem) : std::runtime_error(problem.code), problem_(std::move(problem)) {}

    const Problem& problem() const { return problem_; }

private:
    Problem problem_;
};

// Problems that the server itself finds. `field` names what is at fault.
Problem invalid_request(std::string_view field, std::string detail);
Problem not_signed_in();
Problem forbidden(std::string detail);
Problem not_found();
Problem method_not_allowed(std::string allow);
Problem unsupported_media_type(std::string detail);
Problem busy();
Problem rate_limited();
Problem timeout();
Problem outcome_unknown();

// Writes an error line with a fresh incident id, `event` and `what`, and tells the client that id.
Problem internal_error(std::string_view event, std::string_view what);

// The problem of an HTTP status that the transport decided on (400, 408, 413, 431, …).
Problem of_status(int status, std::string_view why);

// The SQLSTATEs of api.error.
class Errors {
public:
    struct Entry {
        std::string code;
        std::string title;
        int status;
        std::string detail;
        std::string title_zh;
        std::string detail_zh;
    };

    Errors() = default;
    explicit Errors(std::map<std::string, Entry, std::less<>> by_sqlstate)
        : by_sqlstate_(std::move(by_sqlstate)) {}

    // `fields` are the fields of the parameters $1, $2, … of the statement, empty where the server bound it.
    // `may_have_happened` says that a lost connection leaves the outcome unknown.
    Problem problem_of(const db::Failure& failure, const std::vector<std::string>& fields,
                       bool may_have_happened) const;

    // True if this SQLSTATE is a verdict of ours with the given code.
    bool is(std::string_view sqlstate, std::string_view code) const;

    const auto& entries() const { return by_sqlstate_; }

private:
    std::map<std::string, Entry, std::less<>> by_sqlstate_;
};

}  // namespace boxoffice::api

#include "api/problem.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "api/json_text.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"

namespace boxoffice::api {

namespace {

// The member retry_after of an error's members, seconds; 0 without one.
int retry_after_of(const std::string& object) {
    rapidjson::Document document;
    document.Parse(object.data(), object.size());
    if (document.HasParseError() || !document.IsObject())
        return 0;
    const auto member = document.FindMember("retry_after");
    return member != document.MemberEnd() && member->value.IsInt() ? std::max(member->value.GetInt(), 1) : 0;
}

Problem plain(int status, std::string_view code, std::string_view title, std::string detail = {}) {
    Problem problem;
    problem.status = status;
    problem.code = code;
    problem.title = title;
    problem.detail = std::move(detail);
    return problem;
}

bool is_one_of(std::string_view sqlstate, std::initializer_list<std::string_view> states) {
    for (const std::string_view state : states)
        if (sqlstate == state)
            return true;
    return false;
}

// PostgreSQL reads parameters under the context line "unnamed portal parameter $3 = '…'" or "portal "x"
// parameter $3". 0 when the error is not one of reading a parameter.
size_t parameter_at_fault(std::string_view context) {
    static constexpr std::string_view mark = "parameter $";
    const auto line = context.substr(0, context.find('\n'));
    const auto at = line.find(mark);
    size_t number = 0;
    if (at != std::string_view::npos)
        std::from_chars(line.data() + at + mark.size(), line.data() + line.size(), number);
    return number;
}

}  // namespace

std::string to_json(const Problem& problem) {
    std::string out = "{\"type\":\"/problems/" + problem.code + "\",\"title\":";
    append_json_string(out, problem.title);
    out += ",\"status\":" + std::to_string(problem.status) + ",\"code\":";
    append_json_string(out, problem.code);
    out += ",\"detail\":";
    append_json_string(out, problem.detail);
    if (!problem.members.empty())
        out += ',' + problem.members;
    out += '}';
    return out;
}

void add_problem_headers(const Problem& problem, std::vector<http::Header>& headers) {
    if (problem.retry_after > 0)
        headers.push_back({"Retry-After", std::to_string(problem.retry_after)});
    if (!problem.allow.empty())
        headers.push_back({"Allow", problem.allow});
    if (problem.status == 401)
        headers.push_back({"WWW-Authenticate", "Bearer"});
}

http::Response to_response(const Problem& problem) {
    http::Response response;
    response.status = problem.status;
    response.headers = {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}};
    add_problem_headers(problem, response.headers);
    response.body = to_json(problem);
    return response;
}

Problem invalid_request(std::string_view field, std::string detail) {
    Problem problem = plain(400, "invalid_request", "Invalid request", std::move(detail));
    problem.members = "\"field\":";
    append_json_string(problem.members, field);
    return problem;
}

Problem not_signed_in() {
    return plain(401, "not_signed_in", "Authentication required",
                 "Send the token of a login as Authorization: Bearer TOKEN, or an API key as Api-Key: KEY.");
}

Problem forbidden(std::string detail) {
    return plain(403, "forbidden", "Not allowed", std::move(detail));
}

Problem not_found() {
    return plain(404, "not_found", "Not found",
                 "There is nothing at this address, or it belongs to another account.");
}

Problem method_not_allowed(std::string allow) {
    Problem problem =
        plain(405, "method_not_allowed", "Method not allowed",
              "This address does not accept this method. The header Allow lists those that it does.");
    problem.allow = std::move(allow);
    return problem;
}

Problem unsupported_media_type(std::string detail) {
    return plain(415, "unsupported_media_type", "Content type not supported", std::move(detail));
}

Problem busy() {
    Problem problem = plain(503, "busy", "Busy, try again",
                            "Nothing was changed. Try again after the seconds in Retry-After.");
    problem.retry_after = 1;
    return problem;
}

Problem rate_limited() {
    Problem problem = plain(429, "rate_limited", "Too many requests",
                            "Too much was asked from this address. Try again after the seconds in Retry-After.");
    problem.retry_after = 1;
    return problem;
}

Problem timeout() {
    return plain(504, "timeout", "It took too long",
                 "The request took too long and was given up. Nothing was changed.");
}

Problem outcome_unknown() {
    return plain(
        503, "outcome_unknown", "The outcome is not known",
        "The connection to the database was lost. Check whether it was done before you repeat it, or send "
        "an Idempotency-Key: with it a repeat is harmless.");
}

Problem internal_error(std::string_view event, std::string_view what) {
    const std::string incident = random_token().substr(0, 16);
    log::error(event, {{"incident", incident}, {"what", what}});
    Problem problem = plain(500, "internal_error", "Something went wrong on our side",
                            "The fault was recorded. Quote the incident when you contact us.");
    problem.members = "\"incident\":";
    append_json_string(problem.members, incident);
    return problem;
}

Problem of_status(int status, std::string_view why) {
    struct Known {
        int status;
        std::string_view code;
        std::string_view title;
        std::string_view detail;  // unless it is said why
    };
    static constexpr std::string_view too_large = "A body has at most 1 MiB, the headers together 16 KiB.";
    static constexpr std::string_view not_http = "This server does not support this version or feature of HTTP.";
    static constexpr std::array<Known, 6> known{{
        {408, "timeout", "The request did not arrive in time", "Send it again, faster."},
        {413, "too_large", "The request is too large", too_large},
        {414, "too_large", "The request is too large", too_large},
        {431, "too_large", "The request is too large", too_large},
        {501, "not_implemented", "Not implemented", not_http},
        {505, "not_implemented", "Not implemented", not_http},
    }};
    for (const Known& entry : known)
        if (entry.status == status)
            return plain(status, entry.code, entry.title, std::string(why.empty() ? entry.detail : why));
    if (status == 404)
        return not_found();
    if (status == 503)
        return busy();
    if (status < 500) {
        Problem problem = invalid_request(
            "request", std::string(why.empty() ? "This is not a well-formed HTTP request." : why));
        problem.status = status;
        return problem;
    }
    Problem problem = internal_error("http_error", why);
    problem.status = status;
    return problem;
}

Problem Errors::problem_of(const db::Failure& failure, const std::vector<std::string>& fields,
                           bool may_have_happened) const {
    const std::string_view state = failure.sqlstate;
    if (const auto entry = by_sqlstate_.find(state); entry != by_sqlstate_.end() && state.starts_with("BX")) {
        const Entry& error = entry->second;
        const bool is_particular = !failure.message.empty() && failure.message != error.title;
        Problem problem = plain(error.status, error.code, error.title,
                                is_particular ? failure.message : error.detail);
        problem.members = members_of(failure.detail);
        problem.retry_after = retry_after_of(failure.detail);
        if (problem.status == 503 && problem.retry_after == 0)
            problem.retry_after = 1;
        return problem;
    }
    if (state.starts_with("22")) {
        const size_t parameter = parameter_at_fault(failure.context);
        if (parameter >= 1 && parameter <= fields.size() && !fields[parameter - 1].empty())
            return invalid_request(fields[parameter - 1],
                                   "The value is not of the type that is expected here.");
        if (is_one_of(state, {"22P02", "22P05", "22003", "22007", "22008", "22021"}))
            return invalid_request("request", "A value is not of the type that is expected here.");
    }
    if (state == "57014")
        return timeout();
    if (state.starts_with("08") && may_have_happened)
        return outcome_unknown();
    if (state.starts_with("08") || state.starts_with("53") || is_one_of(state, {"40001", "40P01", "55P03"}) ||
        state.starts_with("57P"))
        return busy();
    // Not failure.detail: it may quote a row, and with it what a log must not hold.
    return internal_error("database_error",
                          failure.sqlstate + " " + failure.message + " | " + failure.context);
}

bool Errors::is(std::string_view sqlstate, std::string_view code) const {
    const auto entry = by_sqlstate_.find(sqlstate);
    return entry != by_sqlstate_.end() && entry->second.code == code;
}

}  // namespace boxoffice::api

// Problems: SQLSTATE to HTTP in its one place, and what a client sees of it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "api/json_object.hpp"
#include "api_fixture.hpp"

namespace boxoffice::api {

namespace {

const auto registry = registry_of("GET", "/a", "[]");

Problem problem(const std::string& sqlstate, const std::string& context = {}, bool may_have_happened = true) {
    return registry->errors().problem_of({sqlstate, "what the database said", "", context},
                                         {"", "show_id", "seats"}, may_have_happened);
}

}  // namespace

TEST_CASE("an error of ours has its status, its code, its sentence and its members") {
    const Problem taken = registry->errors().problem_of(
        {"BX901", "C-7 is gone.", R"({"taken": ["C-7"], "status2": 1})", "PL/pgSQL function …"}, {}, true);
    CHECK(
        to_json(taken) ==
        R"({"type":"/problems/seats_taken","title":"Seats just taken","status":409,"code":"seats_taken",)"
        R"("detail":"C-7 is gone.","taken": ["C-7"], "status2": 1})");
    for (const char* message : {"Seats just taken", ""})
        CHECK(registry->errors().problem_of({"BX901", message, "", ""}, {}, true).detail == "Choose others.");
    CHECK(registry->errors().is("BX901", "seats_taken"));
    CHECK(!registry->errors().is("BX901", "busy"));
}

TEST_CASE("a parameter that PostgreSQL cannot read is a 400 that names its field") {
    const Problem fault = problem("22P02", "unnamed portal parameter $2 = '…'");
    CHECK(fault.status == 400);
    CHECK(fault.code == "invalid_request");
    CHECK(fault.members == R"("field":"show_id")");
    CHECK(problem("22003", "portal \"x\" parameter $3").members == R"("field":"seats")");
    CHECK(problem("22P02", "unnamed portal parameter $1").members == R"("field":"request")");
    CHECK(problem("22P02", "unnamed portal parameter $9").members == R"("field":"request")");
}

TEST_CASE("SQLSTATEs of PostgreSQL itself become the statuses that the contract names") {
    for (const char* state : {"22P02", "22003", "22007", "22008", "22021", "22P05"}) {
        CHECK_MESSAGE(problem(state).status == 400, state);
        CHECK_MESSAGE(problem(state).code == "invalid_request", state);
    }
    for (const char* state :
         {"40001", "40P01", "53300", "53100", "53200", "55P03", "57P01", "57P02", "57P03"}) {
        CHECK_MESSAGE(problem(state).status == 503, state);
        CHECK_MESSAGE(problem(state).code == "busy", state);
        CHECK_MESSAGE(problem(state).retry_after > 0, state);
    }
    CHECK(problem("57014").status == 504);
    CHECK(problem("08006", "", false).code == "busy");
    CHECK(problem("08006", "", true).code == "outcome_unknown");
    CHECK(problem("08006", "", true).status == 503);
}

TEST_CASE("anything else is a 500 that tells an incident id and nothing of what happened") {
    for (const char* state :
         {"42501", "42883", "23505", "23514", "P0001", "XX000", "22012", "25006", "BX999", ""}) {
        const Problem fault = problem(state, "PL/pgSQL function api.f(bigint) line 3");
        CHECK_MESSAGE(fault.status == 500, state);
        CHECK(fault.detail == "The fault was recorded. Quote the incident when you contact us.");
        CHECK(fault.members.starts_with("\"incident\":\""));
        CHECK(to_json(fault).find("database said") == std::string::npos);
        CHECK(to_json(fault).find("PL/pgSQL") == std::string::npos);
    }
    CHECK(problem("XX000").members != problem("XX000").members);
}

TEST_CASE("a response carries the headers that its problem asks for") {
    const auto value_of = [](const http::Response& response, std::string_view name) -> std::string {
        for (const http::Header& header : response.headers)
            if (header.name == name)
                return header.value;
        return "";
    };
    CHECK(value_of(to_response(busy()), "Retry-After") == "1");
    CHECK(value_of(to_response(method_not_allowed("GET, HEAD")), "Allow") == "GET, HEAD");
    CHECK(value_of(to_response(not_signed_in()), "WWW-Authenticate") == "Bearer");
    CHECK(value_of(to_response(not_found()), "Content-Type") == "application/problem+json");
}

TEST_CASE("every problem of the server's own is JSON, whatever it quotes") {
    const Problem problem = invalid_request("a\"\\\n", "why \x01 \"");
    CHECK_NOTHROW(read_json_object(to_json(problem)));
    for (const int status : {400, 404, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505, 599}) {
        const Problem of = of_status(status, "why");
        CHECK(of.status == status);
        CHECK_NOTHROW(read_json_object(to_json(of)));
    }
    CHECK(of_status(413, "").code == "too_large");
}

TEST_CASE("every problem of the server's own says in a sentence what is wrong") {
    for (const Problem& problem :
         {not_signed_in(), not_found(), method_not_allowed("GET"), busy(), timeout(), outcome_unknown(),
          internal_error("event", "what")})
        CHECK_MESSAGE(problem.detail.ends_with('.'), problem.code);
    for (const int status : {400, 404, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505, 599})
        CHECK_MESSAGE(of_status(status, "").detail.ends_with('.'), status);
    for (const int status : {400, 411, 417, 499})
        CHECK_MESSAGE(of_status(status, "").members == R"("field":"request")", status);
}

}  // namespace boxoffice::api

// Routes: the statement of a call, and which route a path finds.
#include <doctest/doctest.h>

#include <string>

#include "api/router.hpp"
#include "api_fixture.hpp"

namespace boxoffice::api {

namespace {

Route route(const char* method, const char* path) {
    Route route;
    route.method = method;
    route.path = path;
    return route;
}

// Method and path of what was found, with the parameters.
std::string found(const Router& router, const char* method, const char* path) {
    const Router::Match match = router.match(method, path);
    if (!match.route)
        return match.allow;
    std::string text = match.route->method + ' ' + match.route->path;
    for (const std::string& parameter : match.parameters)
        text += ' ' + parameter;
    return text;
}

}  // namespace

TEST_CASE("a path finds its route by segments; literal ones go before parameters") {
    const std::vector<Route> routes{route("GET", "/"),
                                    route("GET", "/shows/{show_id}"),
                                    route("POST", "/shows/{show_id}/holds"),
                                    route("GET", "/shows/{show_id}/seats"),
                                    route("POST", "/shows/search"),
                                    route("DELETE", "/shows/{show_id}"),
                                    route("GET", "/bookings/{booking_id}/tickets.pdf")};
    const Router router(routes);
    CHECK(found(router, "GET", "/") == "GET /");
    CHECK(found(router, "GET", "/shows/7") == "GET /shows/{show_id} 7");
    CHECK(found(router, "GET", "/shows/7/") == "GET /shows/{show_id} 7");
    CHECK(found(router, "HEAD", "/shows/7") == "GET /shows/{show_id} 7");
    CHECK(found(router, "POST", "/shows/7/holds") == "POST /shows/{show_id}/holds 7");
    CHECK(found(router, "GET", "/bookings/b 1/tickets.pdf") == "GET /bookings/{booking_id}/tickets.pdf b 1");
    CHECK(found(router, "POST", "/shows/search") == "POST /shows/search");
    CHECK(found(router, "GET", "/shows/search") == "GET /shows/{show_id} search");
}

TEST_CASE("a path without the method tells which there are; others find nothing") {
    const std::vector<Route> routes{route("GET", "/shows/{show_id}"), route("DELETE", "/shows/{show_id}"),
                                    route("POST", "/shows/{show_id}/holds")};
    const Router router(routes);
    CHECK(found(router, "PUT", "/shows/7") == "DELETE, GET, HEAD, OPTIONS");
    CHECK(found(router, "OPTIONS", "/shows/7") == "DELETE, GET, HEAD, OPTIONS");
    CHECK(found(router, "GET", "/shows/7/holds") == "OPTIONS, POST");
    for (const char* path : {"/shows", "/shows//holds", "//", "/shows/7/x", "", "*", "/shows/7//"})
        CHECK_MESSAGE(found(router, "GET", path).empty(), path);
    CHECK(found(router, "GET", std::string(100'000, '/').c_str()).empty());
}

TEST_CASE("the statement names its arguments, tells the actor by the credential and keeps SQL's defaults") {
    const auto registry = registry_of(
        "POST", "/api/v1/shows/{show_id}/holds",
        '[' + argument("p_actor", "bigint") + ',' + argument("p_show_id", "bigint") + ',' +
            argument("p_seats", "text[]", "NULL::text[]") + ',' + argument("p_page", "integer", "1") + ']',
        R"("role":"customer","batch_function":"api.f_batch","batch_key":"p_show_id",)"
        R"("batch_call":{},"await_function":"api.g","await_call":{"callable":"endpoint.api_g","arguments":[)" +
            argument("p_actor", "bigint") + ',' + argument("p_payment_id", "text") + "]}");
    const Route& route = registry->routes().front();
    CHECK(*route.statement ==
          "select endpoint.api_f(p_actor => $1::bytea, p_show_id => $2::bigint, p_seats => $3::text[], "
          "p_page => coalesce($4::integer, 1)), account.user_id_of($1::bytea)");
    CHECK(*route.batch->statement ==
          "select n, sqlstate, message, body from api.f_batch($1::bigint, $2::jsonb)");
    CHECK(route.batch->key == 1);
    CHECK(!route.batch->is_in_id);
    CHECK(*route.await->statement ==
          "select endpoint.api_g(p_actor => $1::bytea, p_payment_id => $2::text)");
    CHECK(route.fields == std::vector<std::string>{"", "show_id", "seats", "page"});
}

TEST_CASE("a page asks who is signed in") {
    const auto registry =
        registry_of("GET", "/shows/{show_id}",
                    '[' + argument("p_actor", "bigint") + ',' + argument("p_show_id", "bigint") + ']',
                    R"("answer":"page","template":"show","role":null)");
    CHECK(*registry->routes().front().statement ==
          "select endpoint.api_f(p_actor => $1::bytea, p_show_id => $2::bigint), "
          "account.signed_in($3::bytea)");
}

TEST_CASE("what does not fit is refused at the start, by name") {
    CHECK_THROWS_WITH(registry_of("GET", "/a/{b}", "[]"), "GET /a/{b}: {b} is no argument");
    CHECK_THROWS_WITH(registry_of("GET", "/a", '[' + argument("x", "text") + ']'),
                      "GET /a: argument x does not begin with p_");
    CHECK_THROWS_WITH(registry_of("GET", "/a", "[]", R"("guard":"strange")"),
                      "GET /a: 'strange' is not known to this server");
    CHECK_THROWS_WITH(
        registry_of("POST", "/a", "[]", R"("batch_function":"api.b","batch_key":"p_a","batch_call":{})"),
        "POST /a: batch_key is no argument");
    CHECK_THROWS(read_registry("[]"));
}

}  // namespace boxoffice::api

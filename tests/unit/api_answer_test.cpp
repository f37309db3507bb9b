// Answers: redirects that stay here, files, sessions, caching; and the API's description of itself.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <ctime>
#include <memory>
#include <string>

#include "api/answer.hpp"
#include "api/awaiter.hpp"
#include "api/openapi.hpp"
#include "api_fixture.hpp"

namespace boxoffice::api {

namespace {

http::Responder nobody() {
    return {std::make_shared<http::Mailbox>(), {-1, 0}};
}

// An exchange on the one route of `registry`.
std::shared_ptr<Exchange> exchange_on(const std::shared_ptr<const Registry>& registry,
                                      std::vector<http::Header> headers = {}) {
    http::Request request;
    request.method = registry->routes().front().method;
    request.target = request.path = "/a?x=1";
    request.headers = std::move(headers);
    auto exchange = std::make_shared<Exchange>(std::move(request), nobody());
    exchange->registry = registry;
    exchange->route = &registry->routes().front();
    exchange->credential = credential_of(exchange->request, false);
    exchange->binding.values.resize(exchange->route->arguments.size());
    return exchange;
}

std::string header(const http::Response& response, std::string_view name) {
    for (const http::Header& candidate : response.headers)
        if (candidate.name == name)
            return candidate.value;
    return "";
}

constexpr const char* provider = "https://checkout.stripe.com";

std::string location_of(const std::string& location) {
    const auto exchange = exchange_on(registry_of("POST", "/a", "[]", R"("answer":"redirect")"));
    try {
        const http::Response response = answer_of(*exchange, R"({"location":")" + location + "\"}", provider);
        CHECK(response.status == 303);
        return header(response, "Location");
    } catch (const std::runtime_error&) {
        return "refused";
    }
}

}  // namespace

TEST_CASE("a redirect stays on this site, or leads to the provider") {
    CHECK(location_of("/bookings/7?a=b") == "/bookings/7?a=b");
    CHECK(location_of("https://checkout.stripe.com/c/pay") == "https://checkout.stripe.com/c/pay");
    for (const char* location :
         {"", "bookings", "//evil.example", "/\\\\evil.example", "https://evil.example/",
          "https://checkout.stripe.com.evil.example/", "https://checkout.stripe.com@evil.example/",
          "https://checkout.stripe.com", "javascript:alert(1)", "/a\\r\\nX: y", "/\\u4f60"})
        CHECK_MESSAGE(location_of(location) == "refused", location);
}

TEST_CASE("a file comes with its type and name, an odd one made harmless") {
    const auto exchange = exchange_on(registry_of("GET", "/a", "[]", R"("answer":"file")"));
    const http::Response response = answer_of(
        *exchange, R"({"content_type":"text/calendar","filename":"a\"\n\u4f60.ics","body":"QUJD\nRA=="})",
        provider);
    CHECK(response.body == "ABCD");
    CHECK(header(response, "Content-Type") == "text/calendar");
    CHECK(header(response, "Content-Disposition") ==
          "attachment; filename=\"a_____.ics\"; filename*=UTF-8''a%22%0A%E4%BD%A0.ics");
    CHECK_THROWS(answer_of(*exchange, "{}", provider));
    CHECK_THROWS(answer_of(*exchange, "[]", provider));
}

TEST_CASE("a session that is opened gives a token and a cookie, one that failed neither") {
    const auto registry =
        registry_of("POST", "/api/v1/login", '[' + argument("p_session_hash", "bytea") + ']');
    const auto exchange = exchange_on(registry);
    exchange->session_token = "TOKEN";
    std::string body = R"({"expires_at" : "2999-01-01T00:00:00Z"})";
    settle_session(*exchange, body, true);
    CHECK(body == R"({"token":"TOKEN","expires_at" : "2999-01-01T00:00:00Z"})");
    REQUIRE(exchange->extra_headers.size() == 1);
    CHECK(exchange->extra_headers[0].value.starts_with("__Host-boxoffice_session=TOKEN; "));
    CHECK(exchange->extra_headers[0].value.ends_with("; HttpOnly; Secure"));

    const auto failed = exchange_on(registry);
    failed->session_token = "TOKEN";
    body = R"({"location":"/login"})";
    settle_session(*failed, body, true);
    CHECK(body == R"({"location":"/login"})");
    CHECK(failed->extra_headers.empty());
}

TEST_CASE("a session that is ended loses its cookie") {
    const auto exchange =
        exchange_on(registry_of("POST", "/logout", '[' + argument("p_credential", "bytea") + ']'),
                    {{"Cookie", "boxoffice_session=abc"}});
    std::string body = "{}";
    settle_session(*exchange, body, false);
    REQUIRE(exchange->extra_headers.size() == 1);
    CHECK(
        exchange->extra_headers[0].value.starts_with("boxoffice_session=; Path=/; SameSite=Lax; Max-Age=0"));
}

TEST_CASE("what a stranger gets may be kept, what a person gets may not") {
    const auto registry = registry_of("GET", "/api/v1/cities", "[]", R"("cache_seconds":60)");
    http::Response response;
    response.body = "[]";
    add_caching(*exchange_on(registry), response);
    CHECK(header(response, "Cache-Control") == "public, max-age=0, must-revalidate");
    CHECK(header(response, "X-Accel-Expires") == "60");
    const std::string etag = header(response, "ETag");
    CHECK(etag.size() == 24);

    for (const http::Header& secret : {http::Header{"Cookie", "boxoffice_session=abc"},
                                       {"Authorization", "Bearer abc"},
                                       {"Authorization", "Api-Key abc"},
                                       {"Api-Key", "abc"}}) {
        http::Response mine;
        add_caching(*exchange_on(registry, {secret}), mine);
        CHECK(header(mine, "Cache-Control") == "no-store");
        CHECK(header(mine, "X-Accel-Expires").empty());
        CHECK(header(mine, "ETag").empty());
    }

    // What is no credential makes nobody a person: else whoever sends it has everything made anew.
    for (const char* odd : {"x", "Basic abc", "Bearer", "Bearer "}) {
        http::Response strangers;
        add_caching(*exchange_on(registry, {{"Authorization", odd}}), strangers);
        CHECK_MESSAGE(header(strangers, "X-Accel-Expires") == "60", odd);
    }

    http::Response known;
    known.body = "[]";
    add_caching(*exchange_on(registry, {{"If-None-Match", "\"x\", W/" + etag}}), known);
    CHECK(known.status == 304);
    CHECK(known.body.empty());
    CHECK(header(known, "ETag") == etag);
}

TEST_CASE("what an address with a version answers may be kept by everybody, and for a year") {
    const auto registry = registry_of("GET", "/api/v1/a", '[' + argument("p_version", "integer", "NULL") + ']',
                                      R"("cache_seconds":60,"fixed_by":"p_version")");
    for (const std::vector<http::Header>& headers :
         {std::vector<http::Header>{}, {{"Cookie", "boxoffice_session=abc"}}}) {
        const auto exchange = exchange_on(registry, headers);
        exchange->binding.values[0] = Value{Kind::integer, false, "3", {}};
        http::Response response;
        add_caching(*exchange, response);
        CHECK(header(response, "Cache-Control") == "public, max-age=31536000, immutable");
        CHECK(header(response, "Vary").empty());
        CHECK(header(response, "ETag").size() == 24);
    }
    http::Response plain;
    add_caching(*exchange_on(registry), plain);
    CHECK(header(plain, "Cache-Control") == "public, max-age=0, must-revalidate");

    const auto missed = exchange_on(registry);
    missed->binding.values[0] = Value{Kind::integer, false, "3", {}};
    http::Response none;
    none.status = 404;
    add_caching(*missed, none);
    CHECK(header(none, "Cache-Control") == "no-store");
}

TEST_CASE("entity tags compare weakly, in lists too") {
    CHECK(matches_etag("*", "\"a\""));
    CHECK(matches_etag("\"a\"", "\"a\""));
    CHECK(matches_etag(" W/\"b\" ,W/\"a\"", "\"a\""));
    CHECK(!matches_etag("", "\"a\""));
    CHECK(!matches_etag("a, \"aa\"", "\"a\""));
}

TEST_CASE("a page to come back to is on this site") {
    const auto registry = registry_of("POST", "/a", "[]");
    const auto back = [&](const char* referer) {
        return exchange_on(registry, {{"Host", "tickets.example"}, {"Referer", referer}})->page_path();
    };
    CHECK(back("https://tickets.example/shows/7?x=1") == "/shows/7?x=1");
    for (const char* referer :
         {"", "https://evil.example/shows/7", "https://tickets.example.evil.example/x", "/shows/7",
          "https://tickets.example//evil.example", "https://tickets.example"})
        CHECK_MESSAGE(back(referer) == "/", referer);
    CHECK(exchange_on(registry_of("GET", "/a", "[]"))->page_path() == "/a?x=1");
}

TEST_CASE("a request id of the client's is kept if it can stand in a log") {
    const auto registry = registry_of("GET", "/a", "[]");
    CHECK(exchange_on(registry, {{"X-Request-Id", "abc-DEF_0.1"}})->id == "abc-DEF_0.1");
    for (const char* id : {"", "short", "with space", "with\"quote", "\u4f60\u4f60\u4f60"})
        CHECK_MESSAGE(exchange_on(registry, {{"X-Request-Id", id}})->id.size() == 22, id);
}

TEST_CASE("a batched request says who asks, what, and with which key") {
    const auto registry = registry_of(
        "POST", "/api/v1/shows/{show_id}/holds",
        '[' + argument("p_actor", "bigint") + ',' + argument("p_show_id", "bigint") + ',' +
            argument("p_seats", "text[]", "NULL") + ',' + argument("p_quantity", "integer", "NULL") + ']',
        R"("batch_function":"api.b","batch_key":"p_show_id","batch_call":{})");
    const auto exchange = exchange_on(registry, {{"Authorization", "Bearer abc"}});
    exchange->binding.values[1] = Value{Kind::bigint, false, "7", {}};
    exchange->binding.values[2] = Value{Kind::text, true, {}, {"C-7"}};
    BatchRequest request = exchange->batch_request();
    CHECK(request.fields == R"("credential":")" + *exchange->credential.hash() + R"(","seats":["C-7"])");
    CHECK(request.sameness == R"("seats":["C-7"])");
    CHECK(!request.repeatable);

    exchange->idempotency_key = "k\"1";
    request = exchange->batch_request();
    CHECK(request.fields.ends_with(R"(,"idempotency_key":"k\"1")"));
    CHECK(request.sameness.empty());
    CHECK(request.repeatable);

    exchange->credential = {};
    exchange->idempotency_key.reset();
    request = exchange->batch_request();
    CHECK(request.fields.starts_with(R"("credential":null,)"));
    CHECK(request.sameness.empty());
}

TEST_CASE("what has a public id is batched by the show in it") {
    const auto registry =
        registry_of("DELETE", "/api/v1/bookings/{booking_id}",
                    '[' + argument("p_actor", "bigint") + ',' + argument("p_booking_id", "text") + ']',
                    R"("batch_function":"api.b","batch_key":"p_booking_id","batch_call":{})");
    CHECK(*registry->routes().front().batch->statement ==
          "select n, sqlstate, message, body from api.b($1::bigint, $2::jsonb)");
    const auto exchange = exchange_on(registry);
    const auto key_of = [&](const char* id) {
        exchange->binding.values[1] = Value{Kind::text, false, id, {}};
        return exchange->batch_key();
    };
    for (const char* id : {"", "bk", "bk_", "bk_7", "bk__x", "bk_7x_0f", "bk_-7_0f", "7_0f", "bk_1234567890123456789_0f"})
        CHECK_MESSAGE(!key_of(id), id);
    CHECK(key_of("bk_7_0f") == "7");
    CHECK(exchange->batch_request().fields == R"("credential":null,"booking_id":"bk_7_0f")");
}

TEST_CASE("an answer is waited for only where somebody can be asked") {
    const auto registry =
        registry_of("POST", "/a", "[]",
                    R"("await_function":"api.g","await_call":{"arguments":[)" +
                        argument("p_payment_id", "text") + ',' + argument("p_n", "bigint") + "]}");
    const auto exchange = exchange_on(registry);
    CHECK(Awaiter::is_due(*exchange, R"({"await": true, "payment_id":"p"})"));
    CHECK(!Awaiter::is_due(*exchange, R"({"await": null})"));
    CHECK(!Awaiter::is_due(*exchange, R"({"x":"\"await\": true"})"));
    CHECK(!Awaiter::is_due(*exchange_on(registry_of("POST", "/a", "[]")), R"({"await": true})"));
    const Parameters parameters = exchange->await_parameters(R"({"payment_id":"p","n":9007199254740993})");
    CHECK(parameters == Parameters{"p", "9007199254740993"});
    CHECK_THROWS(exchange->await_parameters("{}"));
}

TEST_CASE("a refusal that a function answers with is the problem that it would have raised") {
    const auto refusal = failure_in(R"({"refused" : "BX901", "members" : {"taken": ["A-1"], "at": {"gate": "\u201cN\u201d"}}})");
    REQUIRE(refusal);
    CHECK(refusal->sqlstate == "BX901");
    const Problem problem =
        Errors({{"BX901", {"seats_taken", "Seats just taken", 409, "Choose others.", {}, {}}}})
            .problem_of(*refusal, {}, false);
    CHECK(problem.status == 409);
    CHECK(problem.code == "seats_taken");
    CHECK(problem.detail == "Choose others.");
    CHECK(problem.members == R"("taken":["A-1"],"at":{"gate":"“N”"})");
    CHECK(!failure_in(R"({"status":"refused"})"));
    CHECK(!failure_in("[]"));
    CHECK_THROWS(failure_in(R"({"refused":1})"));
}

TEST_CASE("the API describes its routes") {
    const auto registry =
        registry_of("POST", "/api/v1/shows/{show_id}/holds",
                    '[' + argument("p_actor", "bigint") + ',' + argument("p_show_id", "bigint") + ',' +
                        argument("p_seats", "text[]") + ',' + argument("p_quantity", "integer", "NULL") +
                        ',' + argument("p_idempotency_key", "text", "NULL") + ']',
                    R"("role":"customer","description_zh":"做好它。")");
    rapidjson::Document document;
    document.Parse(openapi_of(*registry, "https://tickets.example").c_str());
    REQUIRE(!document.HasParseError());
    const auto& operation = document["paths"]["/api/v1/shows/{show_id}/holds"]["post"];
    CHECK(std::string(operation["operationId"].GetString()) == "f");
    CHECK(std::string(operation["summary"].GetString()) == "Does it");
    CHECK(operation["parameters"].Size() == 2);
    CHECK(operation["parameters"][0]["required"].GetBool());
    const auto& schema = operation["requestBody"]["content"]["application/json"]["schema"];
    CHECK(schema["properties"].MemberCount() == 2);
    CHECK(std::string(schema["properties"]["seats"]["items"]["type"].GetString()) == "string");
    CHECK(schema["required"].Size() == 1);
    CHECK(operation["security"].Size() == 3);
    for (const auto& [language, text] : {std::pair("en", "Does it. Well."), std::pair("zh", "做好它。")}) {
        document.Parse(docs_model_of(*registry, language).c_str());
        REQUIRE(!document.HasParseError());
        CHECK(std::string(document["groups"][0]["endpoints"][0]["description"].GetString()) == text);
    }
    CHECK(std::string(document["errors"][2]["title"].GetString()) == "座位刚被选走");
}

}  // namespace boxoffice::api

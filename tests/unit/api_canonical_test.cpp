// One address for one answer.
#include <doctest/doctest.h>

#include <string>

#include "api/bind.hpp"
#include "api/canonical.hpp"
#include "api_fixture.hpp"
#include "http/core.hpp"

namespace boxoffice::api {

namespace {

const std::string arguments = '[' + argument("p_city_id", "bigint", "NULL") + ',' + argument("p_q", "text", "NULL") + ',' +
                              argument("p_kinds", "text[]", "NULL") + ',' + argument("p_language", "text") + ']';

// Where the gateway is sent that asks for this; "" for nowhere.
std::string sent_to(const std::string& query, const std::string& path = "/a", std::vector<http::Header> headers = {},
                    const std::string& row = R"("cache_seconds":60)") {
    const auto registry = registry_of("GET", path.starts_with("/api") ? path : "/a", arguments, row);
    http::Request request;
    request.method = "GET";
    request.target = path + (query.empty() ? "" : "?") + query;
    request.path = path;
    request.query = query;
    request.headers = std::move(headers);
    request.headers.push_back({"X-Gateway", "limited"});
    Exchange exchange(std::move(request), http::Responder{std::make_shared<http::Mailbox>(), {-1, 0}});
    exchange.registry = registry;
    exchange.route = &registry->routes().front();
    exchange.credential = credential_of(exchange.request, false);
    exchange.binding = bind_arguments(*exchange.route, exchange.request, {});
    return canonical_target(exchange).value_or("");
}

}  // namespace

TEST_CASE("a page that is asked for in other words is looked for at one address") {
    CHECK(sent_to("") == "");
    CHECK(sent_to("city_id=7&q=a%20b") == "");
    CHECK(sent_to("b=1") == "/a");
    CHECK(sent_to("q=a%20b&city_id=7") == "/a?city_id=7&q=a%20b");
    CHECK(sent_to("city_id=%37&q=") == "/a?city_id=7");
    CHECK(sent_to("q=a+b&utm_source=x&q2=") == "/a?q=a%20b");
    CHECK(sent_to("kinds=b&kinds=a") == "");
    CHECK(sent_to("kinds=b&x=1&kinds=a") == "/a?kinds=b&kinds=a");
    CHECK(sent_to("q=%26%3D%3f") == "/a?q=%26%3D%3F");
}

TEST_CASE("where it is sent, it is not sent on") {
    for (const char* query : {"b=1", "q=a+b&city_id=7", "q=%c3%a9&kinds=1&kinds=&x", "lang=en&b=2"}) {
        const std::string target = sent_to(query);
        const auto mark = target.find('?');
        CHECK_MESSAGE(sent_to(mark == std::string::npos ? "" : target.substr(mark + 1)) == "", query);
    }
}

TEST_CASE("a page's language stays in its address, one that there is not does not") {
    CHECK(sent_to("lang=en") == "");
    CHECK(sent_to("lang=en&city_id=7") == "/a?city_id=7&lang=en");
    CHECK(sent_to("lang=xx") == "/a");
}

TEST_CASE("only what may be kept is looked for elsewhere, and only by the gateway") {
    CHECK(sent_to("b=1", "/a", {{"Api-Key", "k"}}) == "");
    CHECK(sent_to("b=1", "/a", {{"Cookie", "boxoffice_session=abc"}}) == "");
    CHECK(sent_to("b=1", "/a", {{"Authorization", "x"}}) == "/a");
    CHECK(sent_to("b=1", "/a", {}, R"("cache_seconds":0)") == "");
    for (const char* path : {"//a", "/./a", "/../a", "/%61", "/a;b"})
        CHECK_MESSAGE(sent_to("b=1", path) == "", path);
}

TEST_CASE("what no function knows is an error of the API, wherever it is asked from") {
    CHECK(refusal_of([] { sent_to("b=1", "/api/v1/a"); })->status == 400);
}

}  // namespace boxoffice::api

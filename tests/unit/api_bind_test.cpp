// Binding: from path, body and query to arguments, and every way in which a client can get it wrong.
#include <doctest/doctest.h>

#include <string>

#include "api/bind.hpp"
#include "api_fixture.hpp"

namespace boxoffice::api {

namespace {

const std::string hold_arguments =
    '[' + argument("p_actor", "bigint") + ',' + argument("p_show_id", "bigint") + ',' +
    argument("p_seats", "text[]", "NULL::text[]") + ',' + argument("p_quantity", "integer", "NULL::integer") +
    ',' + argument("p_together", "boolean", "true") + ',' + argument("p_note", "text", "NULL::text") + ',' +
    argument("p_data", "jsonb", "NULL::jsonb") + ',' + argument("p_at", "timestamp with time zone", "now()") +
    ',' + argument("p_idempotency_key", "text", "NULL::text") + ']';

const auto holds = registry_of("POST", "/api/v1/shows/{show_id}/holds", hold_arguments);
const auto hold_form = registry_of("POST", "/shows/{show_id}/holds", hold_arguments);
const auto search = registry_of("GET", "/api/v1/search",
                                '[' + argument("p_q", "text") + ',' + argument("p_page", "integer", "1") +
                                    ',' + argument("p_kind", "text", "NULL") + ']');
const auto search_page = registry_of("GET", "/search", '[' + argument("p_q", "text", "NULL") + ']');

Binding bound(const Registry& registry, const http::Request& request) {
    const auto match = registry.router().match(request.method, request.path);
    REQUIRE(match.route);
    return bind_arguments(*match.route, request, match.parameters);
}

http::Request post(const std::string& body, const std::string& type = "application/json") {
    http::Request request;
    request.method = "POST";
    request.path = "/api/v1/shows/7/holds";
    request.body = body;
    if (!type.empty())
        request.headers.push_back({"Content-Type", type});
    return request;
}

http::Request form(const std::string& body) {
    http::Request request = post(body, "application/x-www-form-urlencoded");
    request.path = "/shows/7/holds";
    return request;
}

http::Request get(const std::string& query, const std::string& path = "/api/v1/search") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    return request;
}

// The field that a refused request is told; "-" for a refusal without one; "" for no refusal.
std::string field_of(const Registry& registry, const http::Request& request, int status = 400) {
    const auto problem = refusal_of([&] { bound(registry, request); });
    if (!problem)
        return "";
    CHECK(problem->status == status);
    if (problem->members.empty())
        return "-";
    const auto begin = problem->members.find(":\"") + 2;
    return problem->members.substr(begin, problem->members.size() - begin - 1);
}

}  // namespace

TEST_CASE("a JSON body and the path become arguments") {
    const Binding binding =
        bound(*holds, post(R"({"seats":["C-7","C-8"],"together":false,"data":{"a": [1]},"note":""})"));
    CHECK(!binding.values[0]);
    CHECK(binding.values[1]->literal() == "7");
    CHECK(binding.values[2]->literal() == R"({"C-7","C-8"})");
    CHECK(!binding.values[3]);
    CHECK(binding.values[4]->literal() == "false");
    CHECK(binding.values[5]->literal() == "");
    CHECK(binding.values[6]->literal() == R"({"a": [1]})");
}

TEST_CASE("null counts as not given, and an empty body as no field") {
    CHECK(!bound(*holds, post(R"({"quantity":null})")).values[3]);
    CHECK(!bound(*holds, post("", "")).values[3]);
    CHECK(!bound(*holds, post("{}", "Application/JSON; charset=UTF-8")).values[3]);
}

TEST_CASE("a form's repeated fields make an array, and its csrf stays apart") {
    const Binding binding =
        bound(*hold_form, form("seats=C-7&seats=C%2D8&together=on&csrf=x&quantity=&note=a+b%20c"));
    CHECK(binding.values[2]->literal() == R"({"C-7","C-8"})");
    CHECK(!binding.values[3]);
    CHECK(binding.values[4]->literal() == "true");
    CHECK(binding.values[5]->literal() == "a b c");
    CHECK(binding.csrf == "x");
}

TEST_CASE("a query becomes arguments, of a POST too") {
    const Binding binding = bound(*search, get("q=%E4%BD%A0+x&page=2&kind="));
    CHECK(binding.values[0]->literal() == "\u4f60 x");
    CHECK(binding.values[1]->literal() == "2");
    CHECK(!binding.values[2]);
    http::Request request = post(R"({"note":"n"})");
    request.query = "quantity=2";
    CHECK(bound(*holds, request).values[3]->literal() == "2");
}

TEST_CASE("a password is not taken from the query, which is logged and which another site can write") {
    const auto login =
        registry_of("POST", "/api/v1/login",
                    '[' + argument("p_email", "text") + ',' + argument("p_password_hash", "text") + ']',
                    R"("guard":"password_check")");
    http::Request request = post(R"({"email":"a@b.example","password":"secret"})");
    request.path = "/api/v1/login";
    CHECK(bound(*login, request).values[1]->literal() == "secret");
    request.body = R"({"email":"a@b.example"})";
    request.query = "password=secret";
    CHECK(field_of(*login, request) == "password");
}

TEST_CASE("a field that nobody knows is refused by name") {
    CHECK(field_of(*holds, post(R"({"sets":["C-7"]})")) == "sets");
    CHECK(field_of(*search, get("q=x&utm_source=y")) == "utm_source");
    CHECK(field_of(*hold_form, form("sets=C-7")) == "sets");
}

TEST_CASE("a page's unknown query fields are ignored, for links carry all sorts of them") {
    CHECK(bound(*search_page, get("q=x&utm_source=y", "/search")).values[0]->literal() == "x");
}

TEST_CASE("nobody binds from outside what the server binds") {
    for (const char* name : {"actor", "p_actor", "idempotency_key", "show_id", "csrf"})
        CHECK(field_of(*holds, post("{\"" + std::string(name) + "\":1}")) == name);
    CHECK(field_of(*holds, [] {
              http::Request request = post("{}");
              request.query = "actor=1";
              return request;
          }()) == "actor");
}

TEST_CASE("a field that is missing is refused by name") {
    CHECK(field_of(*search, get("")) == "q");
    CHECK(field_of(*search, get("page=1")) == "q");
}

TEST_CASE("a field of the wrong type is refused by name") {
    for (const char* value :
         {"\"2\"", "2.0", "1e2", "true", "[]", "{}", "2147483648", "9223372036854775808", "-99999999999"})
        CHECK_MESSAGE(field_of(*holds, post("{\"quantity\":" + std::string(value) + "}")) == "quantity",
                      value);
    for (const char* value :
         {"\"C-7\"", "[1]", "[null]", "[[\"C-7\"]]", "{\"0\":\"C-7\"}", "[\"C-7\",{}]", "7"})
        CHECK_MESSAGE(field_of(*holds, post("{\"seats\":" + std::string(value) + "}")) == "seats", value);
    for (const char* value : {"1", "\"true\"", "[]"})
        CHECK_MESSAGE(field_of(*holds, post("{\"together\":" + std::string(value) + "}")) == "together",
                      value);
    for (const char* value : {"1", "true", "[]", "{}"})
        CHECK_MESSAGE(field_of(*holds, post("{\"note\":" + std::string(value) + "}")) == "note", value);
    CHECK(field_of(*holds, post(R"({"at":"now"})")) == "at");
    CHECK(field_of(*search, get("q=x&page=two")) == "page");
    CHECK(field_of(*search, get("q=x&page=1%20")) == "page");
}

TEST_CASE("a path parameter of the wrong type is refused by name") {
    for (const char* path :
         {"/api/v1/shows/x/holds", "/api/v1/shows/9223372036854775808/holds", "/api/v1/shows/7.0/holds"}) {
        http::Request request = post("{}");
        request.path = path;
        CHECK(field_of(*holds, request) == "show_id");
    }
}

TEST_CASE("a field that is given twice is refused by name") {
    CHECK(field_of(*search, get("q=x&q=y")) == "q");
    CHECK(field_of(*holds, post(R"({"quantity":1,"quantity":2})")) == "quantity");
    http::Request request = post(R"({"quantity":1,"seats":["C-7"]})");
    request.query = "quantity=2";
    CHECK(field_of(*holds, request) == "quantity");
    request.query = "seats=C-8";
    CHECK(field_of(*holds, request) == "seats");
}

TEST_CASE("text that is no text is refused") {
    CHECK(field_of(*holds, post("{\"note\":\"a\\u0000b\"}")) == "note");
    CHECK(field_of(*search, get("q=%00")) == "query");
    CHECK(field_of(*search, get("q=%ff")) == "query");
    CHECK(field_of(*search, get("q=%zz")) == "query");
    CHECK(field_of(*hold_form, form("note=%c0%af")) == "body");
}

TEST_CASE("bodies of other types are refused") {
    for (const char* type :
         {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
          "application/json; charset=utf-16", "application/jsonp"})
        CHECK_MESSAGE(field_of(*holds, post("{}", type), 415) == "-", type);
    http::Request request = form("{}");
    request.headers = {{"Content-Type", "application/json"}};
    CHECK(field_of(*hold_form, request, 415) == "-");
}

TEST_CASE("a GET takes no body") {
    http::Request request = get("q=x");
    request.body = "{}";
    CHECK(field_of(*search, request) == "body");
}

TEST_CASE("a long name in a refusal is cut between characters") {
    std::string name;
    for (int i = 0; i < 60; ++i)
        name += "\u4f60";
    const std::string field = field_of(*holds, post("{\"" + name + "\":1}"));
    CHECK(field.size() == 99);
    CHECK(name.starts_with(field));
}

}  // namespace boxoffice::api

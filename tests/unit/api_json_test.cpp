// JSON bodies: what is taken apart how, and what is refused with which field.
#include <doctest/doctest.h>

#include <string>

#include "api/json_object.hpp"
#include "api/json_text.hpp"
#include "api_fixture.hpp"

namespace boxoffice::api {

using namespace std::string_literals;

namespace {

std::string field_of(const std::string& body) {
    const auto problem = refusal_of([&] { read_json_object(body); });
    REQUIRE_MESSAGE(problem.has_value(), body);
    CHECK(problem->status == 400);
    CHECK(problem->code == "invalid_request");
    return problem->members;
}

}  // namespace

TEST_CASE("members are taken apart one level deep, and stand there raw besides") {
    const std::string body =
        "{ \"a\" : -1.50e3 ,\n\"b\":\"x\\u00e9\\n\", \"c\":[1,\"2\",null,true], \"d\": {\"e\":[{}]} "
        ",\"f\":false,\"g\":null, "
        "\"h\":[[1]], \"i\" : [ ] }";
    const auto members = read_json_object(body);
    REQUIRE(members.size() == 8);
    CHECK(members[0].scalar.kind == JsonScalar::Kind::number);
    CHECK(members[0].scalar.text == "-1.50e3");
    CHECK(members[0].raw == "-1.50e3");
    CHECK(members[1].scalar.text == "x\u00e9\n");
    CHECK(members[1].raw == "\"x\\u00e9\\n\"");
    CHECK(members[2].kind == JsonMember::Kind::array);
    REQUIRE(members[2].elements.size() == 4);
    CHECK(members[2].elements[0].text == "1");
    CHECK(members[2].elements[1].kind == JsonScalar::Kind::string);
    CHECK(members[2].elements[2].kind == JsonScalar::Kind::null);
    CHECK(members[2].raw == "[1,\"2\",null,true]");
    CHECK(members[3].kind == JsonMember::Kind::object);
    CHECK(members[3].raw == "{\"e\":[{}]}");
    CHECK(members[4].scalar.text == "false");
    CHECK(members[5].scalar.kind == JsonScalar::Kind::null);
    CHECK(members[6].is_nested);
    CHECK(members[7].raw == "[ ]");
}

TEST_CASE("numbers keep every digit") {
    const auto members =
        read_json_object(R"({"a":9223372036854775808,"b":0.1000000000000000055511151231257827})");
    CHECK(members[0].scalar.text == "9223372036854775808");
    CHECK(members[1].scalar.text == "0.1000000000000000055511151231257827");
}

TEST_CASE("what is no JSON object is refused") {
    for (const std::string& body : {""s,
                                    "null"s,
                                    "1"s,
                                    "[]"s,
                                    "\"x\""s,
                                    "{"s,
                                    "{}}"s,
                                    "{} x"s,
                                    "{\"a\":1,}"s,
                                    "{'a':1}"s,
                                    "{\"a\":01}"s,
                                    "{\"a\":+1}"s,
                                    "{\"a\":.5}"s,
                                    "{\"a\":NaN}"s,
                                    "{\"a\":Infinity}"s,
                                    "{\"a\":tru}"s,
                                    "{\"a\" 1}"s,
                                    "{a:1}"s,
                                    "{\"a\":1 /* c */}"s,
                                    "{\"a\":\"\t\"}"s,
                                    "{\"a\":\"\\x\"}"s,
                                    "{\"a\":\"\\ud800\"}"s,
                                    "{}\0{}"s,
                                    "\xEF\xBB\xBF{"s})
        CHECK_MESSAGE(field_of(body) == R"("field":"body")", body);
}

TEST_CASE("bytes that are not UTF-8 are refused") {
    for (const std::string& bytes : {"\xff"s, "\xc0\xaf"s, "\xed\xa0\x80"s, "\xf5\x80\x80\x80"s, "\xe4\xbd"s})
        field_of("{\"a\":\"" + bytes + "\"}");
}

TEST_CASE("a fault within a member names it") {
    CHECK(field_of("{\"a\":1,\"b\":\"x\\u0000y\"}") == R"("field":"b")");
    CHECK(field_of("{\"a\":[{\"c\":\"\\u0000\"}]}") == R"("field":"a")");
    CHECK(field_of("{\"a\":1,\"b\":2,\"a\":3}") == R"("field":"a")");
    CHECK(field_of("{\"a\":{\"x\":1,\"x\":2}}") == R"("field":"a")");
    CHECK(field_of("{\"a\":1e400}") == R"("field":"a")");
}

TEST_CASE("nesting is bounded, and no depth overflows the stack") {
    CHECK_NOTHROW(read_json_object("{\"a\":" + std::string(30, '[') + std::string(30, ']') + "}"));
    CHECK(field_of("{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}") == R"("field":"a")");
    field_of(std::string(500'000, '['));
    field_of("{\"a\":" + std::string(500'000, '['));
}

TEST_CASE("any one JSON value is JSON") {
    for (const char* text : {"null", "1", "[]", "{\"a\":[1,2]}", " \"x\" "})
        CHECK_MESSAGE(is_json(text), text);
    for (const char* text : {"", "x", "1 2", "{\"a\":\"\\u0000\"}", "[1,]", "\"\xff\""})
        CHECK_MESSAGE(!is_json(text), text);
    CHECK(!is_json(std::string(100'000, '[')));
}

TEST_CASE("texts are quoted so that they read back") {
    const std::string text = "a\"b\\c\n\r\t\x01\x1f/\u4f60";
    const std::string body = "{\"a\":" + json_string(text) + "}";
    CHECK(read_json_object(body)[0].scalar.text == text);
}

TEST_CASE("members are put before those of an object") {
    CHECK(with_members(R"({"b":2})", R"("a":1)") == R"({"a":1,"b":2})");
    CHECK(with_members(" { } ", R"("a":1)") == R"({"a":1})");
    CHECK(with_members(R"({"b":2})", "") == R"({"b":2})");
    CHECK(members_of("[1]").empty());
}

}  // namespace boxoffice::api

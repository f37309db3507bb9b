// Values of arguments: which texts are values of which type, and how they are written.
#include <doctest/doctest.h>

#include <string>

#include "api/value.hpp"

namespace boxoffice::api {

TEST_CASE("whole numbers are within the range of their type, and nothing but digits") {
    for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808", "007"})
        CHECK_MESSAGE(is_value(Kind::bigint, text), text);
    for (const char* text :
         {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "9223372036854775808", "1_000", "١"})
        CHECK_MESSAGE(!is_value(Kind::bigint, text), text);
    CHECK(is_value(Kind::integer, "2147483647"));
    CHECK(!is_value(Kind::integer, "2147483648"));
    CHECK(is_value(Kind::smallint, "-32768"));
    CHECK(!is_value(Kind::smallint, "32768"));
}

TEST_CASE("numbers are finite, short and of decimal digits") {
    for (const char* text : {"0", "-1.5", "51.5074", "1e10", "1E+10", "2.5e-3"}) {
        CHECK_MESSAGE(is_value(Kind::numeric, text), text);
        CHECK_MESSAGE(is_value(Kind::double_precision, text), text);
    }
    for (const char* text :
         {"", ".", "1.", ".5", "1e", "1e400", "1e999999999", "NaN", "Infinity", "-inf", "0x1p3", "1,5"}) {
        CHECK_MESSAGE(!is_value(Kind::numeric, text), text);
        CHECK_MESSAGE(!is_value(Kind::double_precision, text), text);
    }
    CHECK(!is_value(Kind::numeric, std::string(65, '1')));
}

TEST_CASE("times are calendar times; words that PostgreSQL would take are not") {
    for (const char* text : {"2025-01-31T09:00:00Z", "2025-01-31 09:00Z", "2025-01-31T09:00:00.123456+02:00",
                             "2024-02-29T00:00:00-0330", "2025-01-31T09:00:00+02"})
        CHECK_MESSAGE(is_value(Kind::timestamptz, text), text);
    for (const char* text :
         {"", "now", "infinity", "tomorrow", "2025-02-29", "2025-13-01", "2025-01-31T24:00:00Z",
          "2025-01-31T09", "2025-01-31T09:00:00+15:00", "2025-01-31T09:00:00.Z", "0000-01-01", "20250131",
          "2025-01-31T09:00:00Zx", "31/01/2025"})
        CHECK_MESSAGE(!is_value(Kind::timestamptz, text), text);
    CHECK(is_value(Kind::date, "2025-01-31"));
    CHECK(!is_value(Kind::date, "2025-01-31T09:00:00Z"));
    CHECK(!is_value(Kind::date, "2025-1-31"));
}

TEST_CASE("a time without its offset from UTC is none") {
    for (const char* text : {"2025-01-31", "2025-01-31 09:00", "2025-01-31T09:00:00", "2025-01-31T09:00:00.5"})
        CHECK_MESSAGE(!is_value(Kind::timestamptz, text), text);
    CHECK(description_of(Kind::timestamptz) == "a time with its offset from UTC, such as 2025-01-31T19:30:00Z");
}

TEST_CASE("booleans are true and false, UUIDs are 8-4-4-4-12") {
    CHECK(is_value(Kind::boolean, "true"));
    CHECK(!is_value(Kind::boolean, "yes"));
    CHECK(is_value(Kind::uuid, "00000000-0000-0000-0000-00000000000A"));
    CHECK(!is_value(Kind::uuid, "00000000000000000000000000000000"));
}

TEST_CASE("types are known by the names that the catalogue prints") {
    CHECK(type_named("timestamp with time zone").kind == Kind::timestamptz);
    CHECK(type_named("jsonb").kind == Kind::json);
    CHECK(type_named("inet").kind == Kind::other);
    const Type seats = type_named("text[]");
    CHECK(seats.kind == Kind::text);
    CHECK(seats.is_array);
    CHECK(seats.name == "text[]");
}

TEST_CASE("an array is one literal, whatever its elements hold") {
    const Value seats{Kind::text, true, {}, {"C-7", "a\"b\\c", "", "NULL", "x,y}"}};
    CHECK(seats.literal() == R"({"C-7","a\"b\\c","","NULL","x,y}"})");
    std::string json;
    seats.append_json(json);
    CHECK(json == R"(["C-7","a\"b\\c","","NULL","x,y}"])");
    CHECK(Value{Kind::text, true, {}, {}}.literal() == "{}");
}

TEST_CASE("numbers go into JSON as they are, texts are quoted") {
    std::string json;
    Value{Kind::bigint, false, "42", {}}.append_json(json);
    Value{Kind::text, false, "42", {}}.append_json(json);
    Value{Kind::boolean, false, "true", {}}.append_json(json);
    CHECK(json == R"(42"42"true)");
}

}  // namespace boxoffice::api

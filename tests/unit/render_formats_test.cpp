// Money and times in both languages.
#include <doctest/doctest.h>

#include <string>

#include "render/formats.hpp"
#include "unit/render_fixture.hpp"

using namespace boxoffice::render;

namespace {

std::string money(std::string_view language, std::int64_t value, std::string_view currency) {
    const Formats formats(language, currencies());
    std::string result;
    Printer(formats).money(value, currency, result);
    return result;
}

std::string time(std::string_view language, std::string_view local, TimePart part) {
    const Formats formats(language, currencies());
    std::string result;
    Printer(formats).time("2025-11-22T19:30:00Z", local, part, result);
    return result;
}

}  // namespace

TEST_CASE("money has the digits of its currency") {
    CHECK(money("en", 2400, "EUR") == "€24.00");
    CHECK(money("en", 2400, "JPY") == "¥2,400");
    CHECK(money("en", 2400, "KWD") == "KWD\u00a02.400");
    CHECK(money("en", 2400, "RSD") == "RSD\u00a024.00");
    CHECK(money("en", 5, "USD") == "$0.05");
    CHECK(money("en", 0, "GBP") == "£0.00");
    CHECK(money("en", -1250, "EUR") == "-€12.50");
    CHECK(money("zh", 2400, "EUR") == "€24.00");
    CHECK(money("zh", 123456, "CNY") == "¥1,234.56");
    CHECK(money("zh", 2400, "JPY") == "JP¥2,400");
}

TEST_CASE("money is exact to the last unit of 64 bits") {
    CHECK(money("en", INT64_MAX, "EUR") == "€92,233,720,368,547,758.07");
    CHECK(money("en", INT64_MIN, "EUR") == "-€92,233,720,368,547,758.08");
}

TEST_CASE("what is no currency, or none of the table's, is printed as it is") {
    CHECK(money("en", 2400, "ZZZ") == "2400 ZZZ");
    CHECK(money("en", 2400, "EURO") == "2400 EURO");
    CHECK(money("en", 2400, "") == "2400 ");
    CHECK(money("en", 2400, "票") == "2400 票");
}

TEST_CASE("a time is what the clock says there, in the words of the language") {
    const auto* local = "2025-11-22T20:30:00";
    CHECK(time("en", local, TimePart::date_and_time) == "22 Nov 2025, 20:30");
    CHECK(time("en", local, TimePart::date) == "22 Nov 2025");
    CHECK(time("en", local, TimePart::time) == "20:30");
    CHECK(time("en", local, TimePart::day) == "Saturday, 22 November");
    CHECK(time("en", local, TimePart::iso) == "2025-11-22T19:30:00Z");
    CHECK(time("zh", "2025-11-23T03:30:00", TimePart::date_and_time) == "2025年11月23日 03:30");
    CHECK(time("zh", "2025-11-23T03:30:00", TimePart::day) == "11月23日 星期日");
    CHECK(time("en", "2026-03-29T02:30:00", TimePart::date_and_time) == "29 Mar 2026, 02:30");
}

TEST_CASE("every offset and fraction of RFC 3339 is read") {
    CHECK(parse_rfc3339("1970-01-01T00:00:00+00:00") == 0.0);
    CHECK(parse_rfc3339("1970-01-01T05:30:00+05:30") == 0.0);
    CHECK(parse_rfc3339("1969-12-31t19:00:00-05:00") == 0.0);
    CHECK(parse_rfc3339("1970-01-01 00:00:00.250z") == 250.0);
    CHECK(parse_rfc3339("1972-06-30T23:59:60Z") == parse_rfc3339("1972-07-01T00:00:00Z"));
    CHECK(parse_rfc3339("1970-01-01T00:00:01.5Z") == 1500.0);
    CHECK(parse_rfc3339("1969-12-31T23:59:59Z") == -1000.0);
}

TEST_CASE("where the clock is not known, the time prints as it came") {
    for (const auto* text : {"", "soon", "2025-02-29T00:00:00", "2025-11-22", "2025-11-22T19:30:00Z",
                             "2025-13-01T00:00:00", "2025-11-22T24:00:00", "2025-11-22T19:30:00x",
                             "-025-11-22T19:30:00", "2025-11-22T19:30:00+24:00", "2025-11-22T1-:30:00"}) {
        CHECK(time("en", text, TimePart::date_and_time) == "2025-11-22T19:30:00Z");
    }
    for (const auto* text : {"soon", "2025-02-29T00:00:00Z", "2025-11-22T19:30:00", "2025-11-22T19:30:00+24:00"}) {
        CHECK(!parse_rfc3339(text));
    }
}

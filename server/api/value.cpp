#include "api/value.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>

#include "api/json_text.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_number_length = 64;
constexpr int max_exponent = 300;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Takes characters from the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    // One or more digits; how many.
    size_t take_digits() {
        size_t count = 0;
        while (count < rest_.size() && is_digit(rest_[count]))
            ++count;
        rest_.remove_prefix(count);
        return count;
    }

    // Exactly `width` digits.
    std::optional<int> take_number(size_t width) {
        int number = 0;
        if (rest_.size() < width)
            return {};
        for (size_t i = 0; i < width; ++i) {
            if (!is_digit(rest_[i]))
                return {};
            number = number * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(width);
        return number;
    }

private:
    std::string_view rest_;
};

bool is_integer(std::string_view text, std::int64_t low, std::int64_t high) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return text.size() <= max_number_length && error == std::errc() && end == text.data() + text.size() &&
           number >= low && number <= high;
}

template <typename Integer>
bool is_integer_of(std::string_view text) {
    return is_integer(text, std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max());
}

bool is_numeric(std::string_view text) {
    if (text.size() > max_number_length)
        return false;
    Scanner scanner(text);
    scanner.take('-');
    if (scanner.take_digits() == 0 || (scanner.take('.') && scanner.take_digits() == 0))
        return false;
    if (scanner.at_end())
        return true;
    const auto e = text.find_first_of("eE");
    if (e == std::string_view::npos || !(scanner.take('e') || scanner.take('E')))
        return false;
    const std::string_view exponent = text.substr(e + (text.substr(e + 1).starts_with('+') ? 2 : 1));
    return is_integer(exponent, -max_exponent, max_exponent);
}

bool is_double(std::string_view text) {
    double number = 0;
    return is_numeric(text) &&
           std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc() &&
           std::isfinite(number);
}

bool take_date(Scanner& scanner) {
    const auto year = scanner.take_number(4);
    if (!year || *year == 0 || !scanner.take('-'))
        return false;
    const auto month = scanner.take_number(2);
    if (!month || !scanner.take('-'))
        return false;
    const auto day = scanner.take_number(2);
    return day && std::chrono::year_month_day(std::chrono::year(*year),
                                              std::chrono::month(static_cast<unsigned>(*month)),
                                              std::chrono::day(static_cast<unsigned>(*day)))
                      .ok();
}

bool take_two_digits_to(Scanner& scanner, int most) {
    const auto number = scanner.take_number(2);
    return number && *number <= most;
}

// An instant: RFC 3339 and what ISO 8601 allows besides, a space for the T, no seconds, +hh. What has no offset from UTC is none: it
// would be one thing to the sender and another to the database.
bool is_timestamp(std::string_view text) {
    Scanner scanner(text);
    if (!take_date(scanner))
        return false;
    if (!scanner.take('T') && !scanner.take('t') && !scanner.take(' '))
        return false;
    if (!take_two_digits_to(scanner, 23) || !scanner.take(':') || !take_two_digits_to(scanner, 59))
        return false;
    if (scanner.take(':')) {
        if (!take_two_digits_to(scanner, 59))
            return false;
        if (scanner.take('.')) {
            const size_t digits = scanner.take_digits();
            if (digits == 0 || digits > 9)
                return false;
        }
    }
    if (scanner.take('Z') || scanner.take('z'))
        return scanner.at_end();
    if (!scanner.take('+') && !scanner.take('-'))
        return false;
    if (!take_two_digits_to(scanner, 14))
        return false;
    if (scanner.at_end())
        return true;
    scanner.take(':');
    return take_two_digits_to(scanner, 59) && scanner.at_end();
}

bool is_date(std::string_view text) {
    Scanner scanner(text);
    return take_date(scanner) && scanner.at_end();
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36)
        return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex_digit(text[i]))
            return false;
    }
    return true;
}

void append_scalar_json(std::string& out, Kind kind, std::string_view text) {
    if (is_number(kind) || kind == Kind::boolean || kind == Kind::json)
        out += text;
    else
        append_json_string(out, text);
}

}  // namespace

Type type_named(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Kind>, 13> known{{
        {"boolean", Kind::boolean},
        {"smallint", Kind::smallint},
        {"integer", Kind::integer},
        {"bigint", Kind::bigint},
        {"numeric", Kind::numeric},
        {"double precision", Kind::double_precision},
        {"text", Kind::text},
        {"character varying", Kind::text},
        {"timestamp with time zone", Kind::timestamptz},
        {"date", Kind::date},
        {"uuid", Kind::uuid},
        {"json", Kind::json},
        {"jsonb", Kind::json},
    }};
    Type type;
    type.name = name;
    type.is_array = name.ends_with("[]");
    if (type.is_array)
        name.remove_suffix(2);
    for (const auto& [text, kind] : known)
        if (name == text)
            type.kind = kind;
    return type;
}

bool is_number(Kind kind) {
    return kind >= Kind::smallint && kind <= Kind::double_precision;
}

bool is_value(Kind kind, std::string_view text) {
    switch (kind) {
        case Kind::boolean:
            return text == "true" || text == "false";
        case Kind::smallint:
            return is_integer_of<std::int16_t>(text);
        case Kind::integer:
            return is_integer_of<std::int32_t>(text);
        case Kind::bigint:
            return is_integer_of<std::int64_t>(text);
        case Kind::numeric:
            return is_numeric(text);
        case Kind::double_precision:
            return is_double(text);
        case Kind::timestamptz:
            return is_timestamp(text);
        case Kind::date:
            return is_date(text);
        case Kind::uuid:
            return is_uuid(text);
        case Kind::text:
        case Kind::json:
        case Kind::other:
            return true;
    }
    return true;
}

std::string_view description_of(Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return "true or false";
        case Kind::smallint:
        case Kind::integer:
        case Kind::bigint:
            return "a whole number";
        case Kind::numeric:
        case Kind::double_precision:
            return "a number";
        case Kind::timestamptz:
            return "a time with its offset from UTC, such as 2025-01-31T19:30:00Z";
        case Kind::date:
            return "a date such as 2025-01-31";
        case Kind::uuid:
            return "a UUID";
        case Kind::json:
            return "JSON";
        case Kind::text:
        case Kind::other:
            return "a text";
    }
    return {};
}

std::string Value::literal() const {
    if (!is_array)
        return text;
    std::string out = "{";
    for (const std::string& element : elements) {
        if (out.size() > 1)
            out += ',';
        out += '"';
        for (const char c : element) {
            if (c == '"' || c == '\\')
                out += '\\';
            out += c;
        }
        out += '"';
    }
    out += '}';
    return out;
}

void Value::append_json(std::string& out) const {
    if (!is_array) {
        append_scalar_json(out, kind, text);
        return;
    }
    out += '[';
    for (const std::string& element : elements) {
        if (&element != &elements.front())
            out += ',';
        append_scalar_json(out, kind, element);
    }
    out += ']';
}

}  // namespace boxoffice::api

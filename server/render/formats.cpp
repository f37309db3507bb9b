#include "render/formats.hpp"

#include <unicode/bytestream.h>
#include <unicode/currunit.h>
#include <unicode/timezone.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>

namespace boxoffice::render {

namespace {

struct Patterns {
    std::string_view language;
    const char16_t* date_and_time;
    const char16_t* date;
    const char16_t* time;
    const char16_t* day;
};

constexpr std::array patterns = {
    Patterns{"en", u"d MMM y, HH:mm", u"d MMM y", u"HH:mm", u"EEEE, d MMMM"},
    Patterns{"zh", u"y年M月d日 HH:mm", u"y年M月d日", u"HH:mm", u"M月d日 EEEE"},
};

void check(UErrorCode status) {
    if (U_FAILURE(status)) {
        throw std::runtime_error(std::string("ICU: ") + u_errorName(status));
    }
}

std::unique_ptr<icu::SimpleDateFormat> date_format(const char16_t* pattern, const icu::Locale& locale) {
    UErrorCode status = U_ZERO_ERROR;
    auto result = std::make_unique<icu::SimpleDateFormat>(icu::UnicodeString(pattern), locale, status);
    check(status);
    return result;
}

icu::StringPiece piece(std::string_view text) {
    return {text.data(), static_cast<int32_t>(text.size())};
}

void append(const icu::UnicodeString& text, std::string& out) {
    icu::StringByteSink<std::string> sink(&out);
    text.toUTF8(sink);
}

// Reads exactly `digits` digits off the front of `text`.
std::optional<int> number(std::string_view& text, std::size_t digits) {
    int value = 0;
    const auto* end = text.data() + std::min(digits, text.size());
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != text.data() + digits || text.front() == '-') {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return value;
}

bool skip(std::string_view& text, std::string_view one_of) {
    if (text.empty() || one_of.find(text.front()) == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<double> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    const auto year_number = number(text, 4);
    const bool dash = skip(text, "-");
    const auto month_number = number(text, 2);
    const bool second_dash = skip(text, "-");
    const auto day_number = number(text, 2);
    const bool letter = skip(text, "Tt ");
    const auto hour = number(text, 2);
    const bool colon = skip(text, ":");
    const auto minute = number(text, 2);
    const bool second_colon = skip(text, ":");
    const auto second = number(text, 2);
    if (!year_number || !dash || !month_number || !second_dash || !day_number || !letter || !hour || !colon ||
        !minute || !second_colon || !second) {
        return std::nullopt;
    }
    double fraction = 0;
    if (skip(text, ".")) {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        for (std::size_t i = digits; i-- > 0;) {
            fraction = (fraction + (text[i] - '0')) / 10;
        }
        text.remove_prefix(digits);
    }
    auto offset = minutes(0);
    if (!skip(text, "Zz")) {
        const bool is_west = text.starts_with('-');
        if (!skip(text, "+-")) {
            return std::nullopt;
        }
        const auto hours_east = number(text, 2);
        skip(text, ":");
        const auto minutes_east = number(text, 2);
        if (!hours_east || !minutes_east || *hours_east > 23 || *minutes_east > 59) {
            return std::nullopt;
        }
        offset = (hours(*hours_east) + minutes(*minutes_east)) * (is_west ? -1 : 1);
    }
    const auto date = year(*year_number) / *month_number / *day_number;
    if (!text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    const auto time = sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second) - offset;
    return static_cast<double>(time.time_since_epoch().count()) * 1000 + fraction * 1000;
}

Formats::Formats(std::string_view language, std::shared_ptr<const Currencies> currencies)
    : locale_(icu::Locale(std::string(language).c_str())), currencies_(std::move(currencies)) {
    const auto* const own = std::ranges::find(patterns, language, &Patterns::language);
    if (own == patterns.end()) {
        throw std::runtime_error("no formats for the language " + std::string(language));
    }
    date_and_time_ = date_format(own->date_and_time, locale_);
    date_ = date_format(own->date, locale_);
    time_ = date_format(own->time, locale_);
    day_ = date_format(own->day, locale_);
    money_ = icu::number::NumberFormatter::withLocale(locale_);
}

void Printer::money(std::int64_t value, std::string_view currency, std::string& out) {
    auto found = currencies_.find(currency);
    if (found == currencies_.end()) {
        UErrorCode status = U_ZERO_ERROR;
        const icu::CurrencyUnit unit(piece(currency), status);
        const std::optional<int> digits = formats_.currencies_->decimals(currency);
        if (U_FAILURE(status) || !digits) {
            out.append(std::to_string(value)).append(" ").append(currency);
            return;
        }
        found = currencies_
                    .emplace(currency, formats_.money_.unit(unit)
                                           .scale(icu::number::Scale::powerOfTen(-*digits))
                                           .precision(icu::number::Precision::fixedFraction(*digits)))
                    .first;
    }
    UErrorCode status = U_ZERO_ERROR;
    const auto formatted = found->second.formatInt(value, status).toString(status);
    check(status);
    append(formatted, out);
}

icu::Calendar& Printer::calendar() {
    if (!calendar_) {
        UErrorCode status = U_ZERO_ERROR;
        auto* const utc = icu::TimeZone::getGMT()->clone();
        calendar_.reset(icu::Calendar::createInstance(utc, formats_.locale_, status));  // takes utc
        check(status);
    }
    return *calendar_;
}

const icu::SimpleDateFormat& Printer::format(TimePart part) const {
    switch (part) {
        case TimePart::date:
            return *formats_.date_;
        case TimePart::time:
            return *formats_.time_;
        case TimePart::day:
            return *formats_.day_;
        default:
            return *formats_.date_and_time_;
    }
}

void Printer::time(std::string_view at, std::string_view local, TimePart part, std::string& out) {
    const auto clock = part == TimePart::iso ? std::nullopt : parse_rfc3339(std::string(local) + "Z");
    if (!clock) {
        out.append(at);
        return;
    }
    UErrorCode status = U_ZERO_ERROR;
    auto& shown = calendar();
    shown.setTime(*clock, status);
    check(status);
    icu::UnicodeString text;
    icu::FieldPosition nowhere(icu::FieldPosition::DONT_CARE);
    format(part).format(shown, text, nowhere);
    append(text, out);
}

}  // namespace boxoffice::render

// Money and times as a person of a language reads them. Patterns are ours, since ICU's own change with its
// version; names of days and months, currency symbols and digits are ICU's. What the clock says somewhere the database
// computes: it and ICU know the rules of time zones of different years.
#pragma once

#include <unicode/calendar.h>
#include <unicode/numberformatter.h>
#include <unicode/smpdtfmt.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "render/currencies.hpp"

namespace boxoffice::render {

enum class TimePart { date_and_time, date, time, day, iso };

// Milliseconds since 1970 of an RFC 3339 time with any offset; nothing when it is none.
std::optional<double> parse_rfc3339(std::string_view text);

// How one language writes. Constant, for any number of threads.
class Formats {
public:
    // One of `languages`. Throws std::runtime_error when ICU lacks its data. The decimals are those of `currencies`: ICU's
    // own are CLDR's, which differ (RSD 0).
    Formats(std::string_view language, std::shared_ptr<const Currencies> currencies);

private:
    friend class Printer;
    std::unique_ptr<icu::SimpleDateFormat> date_and_time_, date_, time_, day_;
    icu::number::LocalizedNumberFormatter money_;
    icu::Locale locale_;
    std::shared_ptr<const Currencies> currencies_;
};

// Writes for one page, and keeps what is costly to make: a calendar, a format for each currency. For one thread.
class Printer {
public:
    explicit Printer(const Formats& formats) : formats_(formats) {}

    // `value` minor units of `currency`. With a currency that is not in the table the number of units is printed as it is.
    void money(std::int64_t value, std::string_view currency, std::string& out);

    // The time `at` (RFC 3339), where the clock says `local` (2025-11-22T20:30:00). If that is no time, `at` prints as it is.
    void time(std::string_view at, std::string_view local, TimePart part, std::string& out);

private:
    icu::Calendar& calendar();
    const icu::SimpleDateFormat& format(TimePart part) const;

    const Formats& formats_;
    std::unique_ptr<icu::Calendar> calendar_;
    std::map<std::string, icu::number::LocalizedNumberFormatter, std::less<>> currencies_;
};

}  // namespace boxoffice::render

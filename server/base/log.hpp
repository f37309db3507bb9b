// Structured log lines: one JSON object a line on stderr, with time, level, event and fields.
// Not for what a command prints for the person who ran it.
//
//     log::info("request", {{"method", "GET"}, {"status", 200}, {"ms", 1.7}});
//     {"time":"2025-01-31T09:00:00.123Z","level":"info","event":"request","method":"GET","status":200,"ms":1.7}
//
// Any thread may call these. A line that is below the level costs one relaxed load.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace boxoffice::log {

enum class Level { debug, info, warning, error, off };

// "debug", "info", "warning", "error" or "off".
std::optional<Level> level_named(std::string_view name);

// A name and a value; both must outlive the call only.
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const std::string& text)
        : name(field_name), value(std::string_view(text)) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(std::string_view(text)) {}
    Field(std::string_view field_name, bool truth) : name(field_name), value(truth) {}
    Field(std::string_view field_name, double number) : name(field_name), value(number) {}
    template <std::integral Integer>
    requires(!std::same_as<Integer, bool>) Field(std::string_view field_name, Integer number)
        : name(field_name), value(static_cast<std::int64_t>(number)) {}
};

using Fields = std::initializer_list<Field>;

// Lines below this level are not written. The default is info.
void set_level(Level level) noexcept;

// True when a line of this level would be written; ask before building costly fields.
bool enabled(Level level) noexcept;

// The line without its newline. Bytes that are not UTF-8 become U+FFFD.
std::string format(Level level, std::string_view event, Fields fields);

// Writes one line to stderr; lines of several threads do not mix.
void write(Level level, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
    write(Level::info, event, fields);
}
inline void warning(std::string_view event, Fields fields = {}) {
    write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
    write(Level::error, event, fields);
}

}  // namespace boxoffice::log

#include "base/log.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "base/encoding.hpp"

namespace boxoffice::log {
namespace {

constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warning", "error", "off"};

std::atomic<Level>& current_level() {
    static std::atomic<Level> level{Level::info};
    return level;
}

void append_time(std::string& line) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const std::time_t seconds = milliseconds / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    line.append(text.data(), length);
    std::snprintf(text.data(), text.size(), ".%03dZ", static_cast<int>(milliseconds % 1000));
    line += text.data();
}

void append_escaped(std::string& line, unsigned char byte) {
    static constexpr std::string_view digits = "0123456789abcdef";
    switch (byte) {
        case '"':
            line += "\\\"";
            return;
        case '\\':
            line += "\\\\";
            return;
        case '\n':
            line += "\\n";
            return;
        case '\r':
            line += "\\r";
            return;
        case '\t':
            line += "\\t";
            return;
        default:
            break;
    }
    if (byte < 0x20 || byte == 0x7f) {
        line += "\\u00";
        line += digits[byte >> 4];
        line += digits[byte & 15];
        return;
    }
    line += static_cast<char>(byte);
}

void append_string(std::string& line, std::string_view text) {
    line += '"';
    if (is_utf8(text)) {
        for (const char byte : text) {
            append_escaped(line, static_cast<unsigned char>(byte));
        }
    } else {
        for (const char byte : text) {
            if (static_cast<unsigned char>(byte) < 0x80) {
                append_escaped(line, static_cast<unsigned char>(byte));
            } else {
                line += "\xef\xbf\xbd";
            }
        }
    }
    line += '"';
}

template <typename Number>
void append_number(std::string& line, Number number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    line.append(text.data(), end);
}

struct AppendValue {
    std::string& line;

    void operator()(std::string_view text) const { append_string(line, text); }
    void operator()(bool truth) const { line += truth ? "true" : "false"; }
    void operator()(std::int64_t number) const { append_number(line, number); }
    void operator()(double number) const {
        if (std::isfinite(number)) {
            append_number(line, number);
        } else {
            line += "null";
        }
    }
};

void write_whole(std::string_view bytes) {
    static std::mutex one_line_at_a_time;
    const std::lock_guard lock(one_line_at_a_time);
    while (!bytes.empty()) {
        const auto written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;  // nowhere to say so
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

std::optional<Level> level_named(std::string_view name) {
    for (std::size_t index = 0; index < level_names.size(); ++index) {
        if (level_names[index] == name) {
            return static_cast<Level>(index);
        }
    }
    return std::nullopt;
}

void set_level(Level level) noexcept {
    current_level().store(level, std::memory_order_relaxed);
}

bool enabled(Level level) noexcept {
    return level >= current_level().load(std::memory_order_relaxed);
}

std::string format(Level level, std::string_view event, Fields fields) {
    std::string line;
    line.reserve(256);
    line += R"({"time":")";
    append_time(line);
    line += R"(","level":")";
    line += level_names[static_cast<std::size_t>(level)];
    line += R"(","event":)";
    append_string(line, event);
    for (const Field& field : fields) {
        line += ',';
        append_string(line, field.name);
        line += ':';
        std::visit(AppendValue{line}, field.value);
    }
    line += '}';
    return line;
}

void write(Level level, std::string_view event, Fields fields) {
    if (!enabled(level)) {
        return;
    }
    std::string line = format(level, event, fields);
    line += '\n';
    write_whole(line);
}

}  // namespace boxoffice::log

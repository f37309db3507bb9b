#include "http/url.hpp"

#include <utility>

#include "base/encoding.hpp"
#include "http/message.hpp"

namespace boxoffice::http {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size())
                return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0)
                return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    if (out.find('\0') != std::string::npos || !is_utf8(out))
        return std::nullopt;
    return out;
}

// Cuts off and returns what stands before the separator, or all if there is none.
std::string_view cut(std::string_view& text, char separator) {
    const size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return part;
}

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Cuts off the next pair of a Cookie header.
std::pair<std::string_view, std::string_view> next_cookie(std::string_view& header) {
    std::string_view value = cut(header, ';');
    const std::string_view name = trim(cut(value, '='));
    value = trim(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    return {name, value};
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    return decode(text, false);
}

std::optional<std::vector<Field>> parse_form(std::string_view text) {
    std::vector<Field> fields;
    while (!text.empty()) {
        std::string_view value = cut(text, '&');
        if (value.empty())
            continue;
        std::optional<std::string> name = decode(cut(value, '='), true);
        std::optional<std::string> decoded = decode(value, true);
        if (!name || !decoded)
            return std::nullopt;
        fields.push_back({std::move(*name), std::move(*decoded)});
    }
    return fields;
}

std::string_view find_cookie(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto [found, value] = next_cookie(header);
        if (found == name)
            return value;
    }
    return {};
}

std::optional<Target> split_target(std::string_view method, std::string_view target) {
    if (target == "*")
        return method == "OPTIONS" ? std::optional(Target{"*", ""}) : std::nullopt;
    if (!target.starts_with('/')) {
        const size_t scheme = target.find("://");
        if (scheme == std::string_view::npos ||
            !(same_name(target.substr(0, scheme), "http") || same_name(target.substr(0, scheme), "https")))
            return std::nullopt;
        target.remove_prefix(scheme + 3);
        const size_t authority = std::min(target.find_first_of("/?"), target.size());
        if (authority == 0)
            return std::nullopt;
        target.remove_prefix(authority);
    }
    if (target.find('#') != std::string_view::npos)
        return std::nullopt;
    std::string_view query = target;
    const std::string_view raw_path = cut(query, '?');
    std::optional<std::string> path = raw_path.empty() ? "/" : percent_decode(raw_path);
    if (!path)
        return std::nullopt;
    return Target{std::move(*path), std::string(query)};
}

}  // namespace boxoffice::http

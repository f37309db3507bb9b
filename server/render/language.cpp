#include "render/language.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "render/text.hpp"

namespace boxoffice::render {

namespace {

// The index in `languages` of the primary subtag of `tag`.
std::optional<std::size_t> language_index(std::string_view tag) {
    const auto found = std::ranges::find(languages, lowered(tag.substr(0, tag.find('-'))));
    if (found == languages.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - languages.begin());
}

// qvalue of RFC 9110: 0 to 1 with at most three digits after the point.
std::optional<double> quality(std::string_view text) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size() || text.size() > 5 || text.front() == '-' ||
        value > 1) {
        return std::nullopt;
    }
    return value;
}

// The weight among the parameters of an item ("q=0.5"); 1 without one, nothing when it is malformed.
std::optional<double> weight(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto parameter = trimmed(next_part(parameters, ';'));
        if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
            return quality(parameter.substr(2));
        }
    }
    return 1;
}

std::string_view accepted_language(std::string_view header) {
    std::array<std::optional<double>, languages.size()> weights;
    std::array<std::size_t, languages.size()> position{};
    double any = 0;
    for (std::size_t n = 1; !header.empty(); ++n) {
        auto parameters = next_part(header, ',');
        const auto range = trimmed(next_part(parameters, ';'));
        const auto q = weight(parameters);
        if (!q) {
            continue;
        }
        if (range == "*") {
            any = *q;
        } else if (const auto index = language_index(range); index && *q > weights[*index].value_or(-1)) {
            weights[*index] = *q;
            position[*index] = n;
        }
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < languages.size(); ++i) {
        const double q = weights[i].value_or(any);
        const double best_q = weights[best].value_or(any);
        if (q > best_q ||
            (q == best_q && q > 0 && weights[i] && weights[best] && position[i] < position[best])) {
            best = i;
        }
    }
    return languages[best];
}

}  // namespace

std::string_view language_of(std::string_view query, std::string_view cookie,
                             std::string_view accept_language) {
    for (const auto wish : {query, cookie}) {
        const auto found = std::ranges::find(languages, wish);
        if (found != languages.end()) {
            return *found;
        }
    }
    return accepted_language(accept_language);
}

std::string with_language(std::string_view target, std::string_view language) {
    target = target.substr(0, target.find('#'));
    target.remove_prefix(std::min(target.find_first_not_of("/\\"), target.size()));
    std::string result = "/";
    result += next_part(target, '?');
    char separator = '?';
    while (!target.empty()) {
        const auto field = next_part(target, '&');
        if (!field.empty() && field != "lang" && !field.starts_with("lang=")) {
            result.append(1, separator).append(field);
            separator = '&';
        }
    }
    return result.append(1, separator).append("lang=").append(language);
}

}  // namespace boxoffice::render

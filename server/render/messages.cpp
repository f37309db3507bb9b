#include "render/messages.hpp"

#include <algorithm>

#include "render/renderer.hpp"
#include "render/text.hpp"

namespace boxoffice::render {

namespace {

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// The path of a placeholder: names joined by dots. Messages inside messages would not end.
bool is_placeholder(std::string_view text) {
    if (text.starts_with("m_")) {
        return false;
    }
    while (true) {
        const auto dot = text.find('.');
        if (!is_word(text.substr(0, dot))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(dot + 1);
    }
}

MessageText parse_text(std::string_view text) {
    MessageText result;
    while (!text.empty()) {
        const auto open = text.find_first_of("{}");
        MessageText::Part part{std::string(text.substr(0, open)), {}};
        if (open == std::string_view::npos) {
            text = {};
        } else {
            const auto close = text.find_first_of("{}", open + 1);
            if (text[open] == '}' || close == std::string_view::npos || text[close] == '{') {
                throw TemplateError("a brace without its other half");
            }
            part.placeholder = text.substr(open + 1, close - open - 1);
            if (!is_placeholder(part.placeholder)) {
                throw TemplateError("'{" + part.placeholder + "}' is no placeholder");
            }
            text.remove_prefix(close + 1);
        }
        result.parts.push_back(std::move(part));
    }
    return result;
}

// Which texts of a key a file has given so far.
struct Draft {
    std::optional<MessageText> plain, one, other;
};

void add_line(std::map<std::string, Draft, std::less<>>& drafts, std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
        throw TemplateError("a message is written key = text");
    }
    const auto full_key = trimmed(line.substr(0, equals));
    const auto dot = full_key.find('.');
    const auto key = full_key.substr(0, dot);
    const auto form = dot == std::string_view::npos ? std::string_view() : full_key.substr(dot);
    if (!is_word(key) || !(form.empty() || form == ".one" || form == ".other")) {
        throw TemplateError("'" + std::string(full_key) + "' is no key");
    }
    auto& draft = drafts[std::string(key)];
    auto& text = form.empty() ? draft.plain : form == ".one" ? draft.one : draft.other;
    if (text) {
        throw TemplateError("'" + std::string(full_key) + "' is said twice");
    }
    text = parse_text(trimmed(line.substr(equals + 1)));
    if (text->parts.empty()) {
        throw TemplateError("'" + std::string(full_key) + "' has no text");
    }
}

Message finished(Draft draft) {
    if (draft.plain) {
        if (draft.one || draft.other) {
            throw TemplateError("has both a plain text and plural forms");
        }
        return {std::move(*draft.plain), std::nullopt, {}};
    }
    if (!draft.other) {
        throw TemplateError("has .one without .other");
    }
    const auto& parts = draft.other->parts;
    const auto number =
        std::ranges::find_if(parts, [](const auto& part) { return !part.placeholder.empty(); });
    if (number == parts.end()) {
        throw TemplateError("has no number in .other");
    }
    auto name = number->placeholder;
    return {std::move(*draft.other), std::move(draft.one), std::move(name)};
}

}  // namespace

MessageFile parse_messages(std::string_view text, std::string_view name) {
    std::map<std::string, Draft, std::less<>> drafts;
    for (int number = 1; !text.empty(); ++number) {
        const auto line = trimmed(next_part(text, '\n'));
        if (line.empty() || line.front() == '#') {
            continue;
        }
        try {
            add_line(drafts, line);
        } catch (const TemplateError& error) {
            throw TemplateError(std::string(name) + ':' + std::to_string(number) + ": " + error.what());
        }
    }
    MessageFile messages;
    for (auto& [key, draft] : drafts) {
        try {
            messages.emplace(key, finished(std::move(draft)));
        } catch (const TemplateError& error) {
            throw TemplateError(std::string(name) + ": '" + key + "' " + error.what());
        }
    }
    return messages;
}

MessageFile read_messages(const std::filesystem::path& file) {
    return parse_messages(read_text(file), file.filename().string());
}

}  // namespace boxoffice::render

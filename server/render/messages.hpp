// The texts of the site: reading templates/messages.LANGUAGE.txt and choosing the plural form. Filling in the
// placeholders is the dictionary's part, since only it sees the model.
//
// A file is UTF-8, a message a line:
//
//     # a comment
//     sign_in = Sign in
//     title_show = {event.title} at {venue.name}
//     seats_left.one = {seats_available} seat left
//     seats_left.other = {seats_available} seats left
//
// - A key is made of a-z, 0-9 and _; a template prints it as {{m_key}}.
// - The text is what follows the first = to the end of the line, without space around it. It is text and
//   never markup.
// - {name} is what {{name}} prints at the place of the message, money and times formatted; {a.b} looks for b
//   in the object a. A brace that is no placeholder is a fault, as is a key said twice.
// - A message with plural forms has `.other`, and `.one` in languages that tell one from many (English does,
//   Chinese does not). The first placeholder of `.other` names the number that chooses: `.one` is for 1,
//   `.other` for all else.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::render {

// A message's text, taken apart: each part is words, then a placeholder (empty in the last part if it ends in
// words).
struct MessageText {
    struct Part {
        std::string words;
        std::string placeholder;
    };
    std::vector<Part> parts;
};

struct Message {
    MessageText other;               // the only text of a message without plural forms
    std::optional<MessageText> one;  // instead of `other` when `number` is 1
    std::string number;              // the placeholder that chooses; empty without plural forms
};

// The messages of one language by key.
using MessageFile = std::map<std::string, Message, std::less<>>;

// Throws TemplateError naming file and line.
MessageFile read_messages(const std::filesystem::path& file);

// The same of a text in that format; `name` stands for the file in errors.
MessageFile parse_messages(std::string_view text, std::string_view name);

}  // namespace boxoffice::render

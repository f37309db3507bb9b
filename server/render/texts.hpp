// The texts and formats of all languages, for whatever is written to a reader: pages, tickets, calendars.
#pragma once

#include <rapidjson/document.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "render/dictionary.hpp"
#include "render/formats.hpp"
#include "render/language.hpp"
#include "render/messages.hpp"

namespace boxoffice::render {

// Read once, constant from then on: for any number of threads. A language that is not one of `languages` is
// the first of them.
class Texts {
public:
    // Reads messages.LANGUAGE.txt of the directory. Throws TemplateError.
    Texts(const std::filesystem::path& templates, const std::shared_ptr<const Currencies>& currencies);

    // The message of that key in the language, else in English; null when neither has it.
    const Message* message(std::string_view language, std::string_view key) const;

    const Formats& formats(std::string_view language) const;

private:
    std::array<MessageFile, languages.size()> messages_;
    std::array<Formats, languages.size()> formats_;
};

// What a model says in a language outside a template, by the names of renderer.hpp. Texts, language and
// model outlive it. For one thread.
class Words {
public:
    Words(const Texts& texts, std::string_view language, const rapidjson::Value& model);
    // A scope within another, as a section of a template is: `element` first, then what is around.
    Words(const Words& around, const rapidjson::Value& element);
    Words(const Words&) = delete;
    Words& operator=(const Words&) = delete;

    // What {{m_key}} prints; `key` itself when no language has it.
    std::string message(std::string_view key) const;

    // What {{x}} prints; path may be "a.b". Empty for what is null or missing.
    std::string value(std::string_view path) const;

private:
    std::shared_ptr<Expansion> expansion_;
    Dictionary dictionary_;
};

// The name of a language's file of messages.
std::string messages_file(std::string_view language);

}  // namespace boxoffice::render

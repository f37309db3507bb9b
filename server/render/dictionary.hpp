// What ctemplate sees of a page: a rapidjson::Value read in place, with the names of renderer.hpp. A
// Dictionary is one scope: the context, the model, or an element of a section; each knows the one around it.
#pragma once

#include <ctemplate/template_dictionary_interface.h>
#include <rapidjson/document.h>

#include <functional>
#include <string>
#include <string_view>

#include "render/formats.hpp"
#include "render/messages.hpp"

namespace boxoffice::render {

// What all scopes of one expansion share. For one thread.
struct Expansion {
    Printer printer;
    // The message of that key in the page's language or in English; null when neither has it.
    std::function<const Message*(std::string_view key)> message;
    // As `message` gave null: to be logged.
    std::function<void(std::string_view key)> missing;
    // Name of an include -> key of a template in the cache; null when there is none.
    std::function<const char*(std::string_view name)> include;
    std::string text;  // the last value that GetValue() had to make
};

class Dictionary final : public ctemplate::TemplateDictionaryInterface {
public:
    using Value = rapidjson::Value;

    // `name` is what the value itself prints as when it is no object. All must outlive this.
    Dictionary(Expansion& expansion, const Value& value, std::string_view name, const Dictionary* around)
        : expansion_(expansion), value_(value), name_(name), around_(around) {}

    // Appends what {{m_key}} prints here, `key` without the m_.
    void append_message(std::string_view key, std::string& out) const;

    // Appends what {{x}} prints here; of "a.b", what b of the object a does.
    void append_value(std::string_view path, std::string& out) const { append(find_path(path), out); }

protected:
    ctemplate::TemplateString GetValue(const ctemplate::TemplateString& variable) const override;
    bool IsHiddenSection(const ctemplate::TemplateString& name) const override;
    bool IsUnhiddenSection(const ctemplate::TemplateString& name) const override;
    Iterator* CreateSectionIterator(const ctemplate::TemplateString& section) const override;

    // A partial is expanded once, in the scope that includes it.
    bool IsHiddenTemplate(const ctemplate::TemplateString& name) const override;
    const char* GetIncludeTemplateName(const ctemplate::TemplateString& variable, int number) const override;
    Iterator* CreateTemplateIterator(const ctemplate::TemplateString& section) const override;

    void DumpToString(std::string* out, int level) const override;

private:
    class Elements;

    // A value, and which part of it if it is a time. null: not found.
    struct Found {
        const Value* value = nullptr;
        TimePart part = TimePart::date_and_time;
    };

    const Value* member(std::string_view name) const;
    Found find(std::string_view name) const;
    Found find_path(std::string_view path) const;
    void append(const Found& found, std::string& out) const;
    void append_text(const MessageText& text, std::string& out) const;

    Expansion& expansion_;
    const Value& value_;
    std::string_view name_;
    const Dictionary* around_;
};

}  // namespace boxoffice::render

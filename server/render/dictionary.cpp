#include "render/dictionary.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <memory>
#include <optional>
#include <utility>

namespace boxoffice::render {

namespace {

using Value = rapidjson::Value;

std::string_view view(const ctemplate::TemplateString& text) {
    return {text.data(), text.size()};
}

std::string_view view(const Value& string) {
    return {string.GetString(), string.GetStringLength()};
}

const Value* member_of(const Value& object, std::string_view name) {
    const auto found = object.FindMember(Value(rapidjson::StringRef(name.data(), name.size())));
    return found == object.MemberEnd() ? nullptr : &found->value;
}

const Value* money_of(const Value& value, const Value*& currency) {
    if (!value.IsObject()) {
        return nullptr;
    }
    const auto* amount = member_of(value, "value");
    currency = member_of(value, "currency");
    return amount && amount->IsInt64() && currency && currency->IsString() ? amount : nullptr;
}

const Value* time_of(const Value& value) {
    if (!value.IsObject() || !value.HasMember("local")) {
        return nullptr;
    }
    const auto* at = member_of(value, "at");
    return at && at->IsString() ? at : nullptr;
}

bool is_empty(const Value* value) {
    return !value || value->IsNull() || value->IsFalse() || (value->IsNumber() && value->GetDouble() == 0) ||
           (value->IsString() && value->GetStringLength() == 0) || (value->IsArray() && value->Empty());
}

// "no_x" and "NO_X" -> x; nothing for other names.
std::optional<std::string_view> negated(std::string_view name) {
    if (name.starts_with("no_") || name.starts_with("NO_")) {
        return name.substr(3);
    }
    return std::nullopt;
}

// "starts_at_day" -> "starts_at" and its part.
std::optional<std::pair<std::string_view, TimePart>> time_part(std::string_view name) {
    static constexpr std::pair<std::string_view, TimePart> suffixes[] = {{"_date", TimePart::date},
                                                                         {"_time", TimePart::time},
                                                                         {"_day", TimePart::day},
                                                                         {"_iso", TimePart::iso}};
    for (const auto& [suffix, part] : suffixes) {
        if (name.ends_with(suffix)) {
            return std::pair(name.substr(0, name.size() - suffix.size()), part);
        }
    }
    return std::nullopt;
}

template <class Number>
void append_number(Number number, std::string& out) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(digits, end);
}

void append_json(const Value& value, std::string& out) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    out.append(buffer.GetString(), buffer.GetSize());
}

}  // namespace

// The elements of an array, the one object itself, or none, which to ctemplate means: once, in the scope
// around.
class Dictionary::Elements final : public Iterator {
public:
    Elements(const Dictionary& around, const Value* value, std::string_view name)
        : around_(around), name_(name) {
        if (value && value->IsArray()) {
            next_ = value->Begin();
            end_ = value->End();
        } else if (value && value->IsObject()) {
            next_ = value;
            end_ = value + 1;
        }
    }

    bool HasNext() const override { return next_ != end_; }

    const TemplateDictionaryInterface& Next() override {
        return element_.emplace(around_.expansion_, *next_++, name_, &around_);
    }

private:
    const Dictionary& around_;
    std::string_view name_;
    const Value* next_ = nullptr;
    const Value* end_ = nullptr;
    std::optional<Dictionary> element_;
};

const Value* Dictionary::member(std::string_view name) const {
    if (value_.IsObject()) {
        return member_of(value_, name);
    }
    return name == name_ ? &value_ : nullptr;
}

Dictionary::Found Dictionary::find(std::string_view name) const {
    const auto part = time_part(name);
    for (const auto* scope = this; scope; scope = scope->around_) {
        if (const auto* value = scope->member(name)) {
            return {value};
        }
        if (const auto* value = part ? scope->member(part->first) : nullptr; value && time_of(*value)) {
            return {value, part->second};
        }
    }
    return {};
}

Dictionary::Found Dictionary::find_path(std::string_view path) const {
    const auto dot = path.find('.');
    const auto found = find(path.substr(0, dot));
    if (dot == std::string_view::npos || !found.value || !found.value->IsObject()) {
        return dot == std::string_view::npos ? found : Found();
    }
    return Dictionary(expansion_, *found.value, {}, nullptr).find_path(path.substr(dot + 1));
}

void Dictionary::append(const Found& found, std::string& out) const {
    if (!found.value || found.value->IsNull()) {
        return;
    }
    const auto& value = *found.value;
    const Value* currency = nullptr;
    if (value.IsString()) {
        out.append(view(value));
    } else if (value.IsBool()) {
        out.append(value.GetBool() ? "true" : "false");
    } else if (value.IsInt64()) {
        append_number(value.GetInt64(), out);
    } else if (value.IsUint64()) {
        append_number(value.GetUint64(), out);
    } else if (value.IsDouble()) {
        append_number(value.GetDouble(), out);
    } else if (const auto* at = time_of(value)) {
        const auto& local = value["local"];
        expansion_.printer.time(view(*at), local.IsString() ? view(local) : "", found.part, out);
    } else if (const auto* amount = money_of(value, currency)) {
        expansion_.printer.money(amount->GetInt64(), view(*currency), out);
    } else {
        append_json(value, out);
    }
}

void Dictionary::append_text(const MessageText& text, std::string& out) const {
    for (const auto& part : text.parts) {
        out.append(part.words);
        if (!part.placeholder.empty()) {
            append(find_path(part.placeholder), out);
        }
    }
}

void Dictionary::append_message(std::string_view key, std::string& out) const {
    std::string full_key(key);
    const Message* message = nullptr;
    if (const auto cut = key.find("__"); cut == std::string_view::npos) {
        message = expansion_.message(key);
    } else {
        full_key.resize(cut + 1);
        append(find(key.substr(cut + 2)), full_key);
        message = expansion_.message(full_key);
        if (!message) {
            message = expansion_.message(key.substr(0, cut));
        }
    }
    if (!message) {
        expansion_.missing(full_key);
        out.append(full_key);
        return;
    }
    const auto* number = message->one ? find_path(message->number).value : nullptr;
    const bool is_one = number && number->IsNumber() && number->GetDouble() == 1;
    append_text(is_one ? *message->one : message->other, out);
}

ctemplate::TemplateString Dictionary::GetValue(const ctemplate::TemplateString& variable) const {
    const auto name = view(variable);
    auto& text = expansion_.text;
    text.clear();
    if (name.starts_with("m_")) {
        append_message(name.substr(2), text);
    } else {
        const auto found = find(name);
        if (found.value && found.value->IsString()) {
            return {found.value->GetString(), found.value->GetStringLength()};
        }
        append(found, text);
    }
    return {text.data(), text.size()};
}

bool Dictionary::IsHiddenSection(const ctemplate::TemplateString& section) const {
    const auto name = view(section);
    const auto* const value = find(name).value;
    if (const auto positive = negated(name); positive && !value) {
        return !is_empty(find(*positive).value);
    }
    return is_empty(value);
}

bool Dictionary::IsUnhiddenSection(const ctemplate::TemplateString& section) const {
    return !IsHiddenSection(section);
}

Dictionary::Iterator* Dictionary::CreateSectionIterator(const ctemplate::TemplateString& section) const {
    return std::make_unique<Elements>(*this, find(view(section)).value, view(section)).release();
}

bool Dictionary::IsHiddenTemplate(const ctemplate::TemplateString& name) const {
    return GetIncludeTemplateName(name, 0) == nullptr;
}

const char* Dictionary::GetIncludeTemplateName(const ctemplate::TemplateString& variable, int) const {
    return expansion_.include(view(variable));
}

Dictionary::Iterator* Dictionary::CreateTemplateIterator(const ctemplate::TemplateString& name) const {
    return std::make_unique<Elements>(*this, nullptr, view(name)).release();
}

void Dictionary::DumpToString(std::string* out, int) const {
    append_json(value_, *out);
}

}  // namespace boxoffice::render

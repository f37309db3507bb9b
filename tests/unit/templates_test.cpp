// The website's own templates and messages: that they fit together. What a single template may hold is
// render_source_test.cpp's subject.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <string_view>

#include "render/language.hpp"
#include "render/messages.hpp"
#include "render/renderer.hpp"
#include "render/template_files.hpp"
#include "render/template_source.hpp"
#include "render/text.hpp"

using namespace boxoffice::render;

namespace {

const std::filesystem::path& directory() {
    static const auto path = std::filesystem::path(__FILE__).parent_path() / "../../templates";
    return path;
}

const Sources& sources() {
    static const auto sources = read_sources(directory());
    return sources;
}

const Sources& mails() {
    static const auto mails = read_sources(directory() / "mail");
    return mails;
}

MessageFile messages(std::string_view language) {
    return read_messages(directory() / ("messages." + std::string(language) + ".txt"));
}

// The keys that templates and server/render name: those that stand there whole, and the KEY of each
// {{m_KEY__x}}.
struct UsedKeys {
    std::set<std::string, std::less<>> whole;
    std::set<std::string, std::less<>> chosen_by_value;

    void add(std::string_view key) {
        const auto cut = key.find("__");
        (cut == std::string_view::npos ? whole : chosen_by_value).emplace(key.substr(0, cut));
    }
};

// Each message("key") of what is drawn without a template.
void add_drawn(UsedKeys& used) {
    static const std::regex call(R"re(message\("([a-z0-9_]+)"\))re");
    for (const auto& entry : std::filesystem::directory_iterator(directory() / "../server/render")) {
        const auto source = read_text(entry.path());
        for (std::sregex_iterator found(source.begin(), source.end(), call), end; found != end; ++found) {
            used.add((*found)[1].str());
        }
    }
}

void add_named(UsedKeys& used, std::string_view source) {
    for (const auto& marker : markers_of(source)) {
        if (marker.kind == Marker::Kind::variable && marker.name.starts_with("m_")) {
            used.add(marker.name.substr(2));
        }
    }
}

UsedKeys used_keys() {
    UsedKeys used;
    for (const auto& [name, source] : sources()) {
        if (name != "layout" && !name.starts_with('_')) {
            used.whole.insert("title_" + name);
        }
        add_named(used, source);
    }
    for (const auto& [name, source] : mails()) {
        add_named(used, source);
    }
    used.add("mail_subject__mail");
    add_drawn(used);
    return used;
}

// Whether `key` is KEY itself or KEY_VALUE.
bool is_choice_of(std::string_view key, std::string_view chosen) {
    return key.starts_with(chosen) && (key.size() == chosen.size() || key[chosen.size()] == '_');
}

std::set<std::string> placeholders(const Message& message) {
    std::set<std::string> result;
    for (const auto& part : message.other.parts) {
        if (!part.placeholder.empty()) {
            result.insert(part.placeholder);
        }
    }
    return result;
}

}  // namespace

TEST_CASE("the website's templates start") {
    CHECK_NOTHROW(Renderer(directory(), {}, [](std::string_view) {}));
}

TEST_CASE("no template holds inline script or style, or escapes escaping") {
    for (const auto& [name, source] : sources()) {
        for (const auto& fault : faults_of(source)) {
            FAIL_CHECK(name, ".tpl: ", fault);
        }
    }
}

TEST_CASE("every partial is included somewhere") {
    std::set<std::string_view> included;
    for (const auto& [name, source] : sources()) {
        for (const auto& marker : markers_of(source)) {
            if (marker.kind == Marker::Kind::include) {
                included.insert(marker.name);
            }
        }
    }
    for (const auto& [name, source] : sources()) {
        CHECK_MESSAGE((!name.starts_with('_') || included.contains(name)), name);
    }
}

TEST_CASE("every message that a template names exists in every language") {
    const auto used = used_keys();
    for (const auto language : languages) {
        const auto file = messages(language);
        for (const auto& key : used.whole) {
            CHECK_MESSAGE(file.contains(key), language, ": ", key);
        }
        for (const auto& chosen : used.chosen_by_value) {
            const auto first = file.lower_bound(chosen);
            CHECK_MESSAGE((first != file.end() && is_choice_of(first->first, chosen)), language, ": ", chosen,
                          "_…");
        }
    }
}

TEST_CASE("every message is named by a template, or by what is drawn without one") {
    const auto used = used_keys();
    for (const auto language : languages) {
        for (const auto& [key, message] : messages(language)) {
            const bool is_choice = std::any_of(used.chosen_by_value.begin(), used.chosen_by_value.end(),
                                               [&](const auto& chosen) { return is_choice_of(key, chosen); });
            CHECK_MESSAGE((is_choice || used.whole.contains(key)), language, ": ", key);
        }
    }
}

TEST_CASE("the languages have the same messages with the same placeholders") {
    const auto english = messages(languages[0]);
    for (const auto language : languages) {
        const auto file = messages(language);
        for (const auto& [key, message] : english) {
            const auto found = file.find(key);
            const bool is_same = found != file.end() && placeholders(found->second) == placeholders(message);
            CHECK_MESSAGE(is_same, language, ": ", key);
        }
        CHECK_MESSAGE(file.size() == english.size(), language);
    }
}

TEST_CASE("every mail has every kind of text of its own") {
    for (const auto language : languages) {
        const auto file = messages(language);
        for (const std::string mail :
             {"confirmation", "payment_failed", "payment_returned", "payment_lost", "refund", "refund_failed", "show_cancelled", "show_moved",
              "verify_email", "reset_password", "change_email", "password_changed", "email_changed", "waitlist_offer", "waitlist_bought", "waitlist_ended"}) {
            for (const std::string kind : {"subject", "title", "text", "action", "note"}) {
                CHECK_MESSAGE(file.contains("mail_" + kind + "_" + mail), language, ": ", kind, " of ", mail);
            }
        }
    }
}

// The message files, and how messages print.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "render/messages.hpp"
#include "render/renderer.hpp"
#include "render_fixture.hpp"

using namespace boxoffice::render;

namespace {

std::string fault_of(std::string_view text) {
    try {
        parse_messages(text, "messages.en.txt");
    } catch (const TemplateError& error) {
        return error.what();
    }
    return "";
}

PageContext chinese() {
    PageContext context;
    context.language = "zh";
    return context;
}

}  // namespace

TEST_CASE("a message file has comments, texts, placeholders and plural forms") {
    const auto messages = parse_messages(
        "# a comment\n\n a = b = c \r\nb = {x}\nc.one = {n} seat\nc.other = {n} seats of {of.all}\n", "");
    REQUIRE(messages.size() == 3);
    CHECK(messages.at("a").other.parts.at(0).words == "b = c");
    CHECK(messages.at("b").other.parts.at(0).placeholder == "x");
    CHECK(messages.at("c").number == "n");
    CHECK(messages.at("c").one.has_value());
    CHECK(messages.at("c").other.parts.at(1).words == " seats of ");
    CHECK(messages.at("c").other.parts.at(1).placeholder == "of.all");
}

TEST_CASE("every fault of a message file is named with its line") {
    CHECK(fault_of("a = b\nnonsense") == "messages.en.txt:2: a message is written key = text");
    CHECK(fault_of("A = b") == "messages.en.txt:1: 'A' is no key");
    CHECK(fault_of("a.many = b") == "messages.en.txt:1: 'a.many' is no key");
    CHECK(fault_of(" = b") == "messages.en.txt:1: '' is no key");
    CHECK(fault_of("a = b\na = c") == "messages.en.txt:2: 'a' is said twice");
    CHECK(fault_of("a =") == "messages.en.txt:1: 'a' has no text");
    CHECK(fault_of("a = {b") == "messages.en.txt:1: a brace without its other half");
    CHECK(fault_of("a = b}") == "messages.en.txt:1: a brace without its other half");
    CHECK(fault_of("a = {b{c}") == "messages.en.txt:1: a brace without its other half");
    CHECK(fault_of("a = {b c}") == "messages.en.txt:1: '{b c}' is no placeholder");
    CHECK(fault_of("a = {b..c}") == "messages.en.txt:1: '{b..c}' is no placeholder");
    CHECK(fault_of("a = {m_a}") == "messages.en.txt:1: '{m_a}' is no placeholder");
    CHECK(fault_of("a = b\na.one = {n}\na.other = {n}") ==
          "messages.en.txt: 'a' has both a plain text and plural forms");
    CHECK(fault_of("a.one = {n}") == "messages.en.txt: 'a' has .one without .other");
    CHECK(fault_of("a.other = many") == "messages.en.txt: 'a' has no number in .other");
}

TEST_CASE("a message is in the page's language, else in English, else its key, which is logged once") {
    std::vector<std::string> warnings;
    CHECK(rendered("{{m_a}} {{m_b}} {{m_c}} {{m_c}}", "{}", chinese(), "a = A\nb = B\n", "a = 甲\n",
                   &warnings) == "甲 B c c");
    CHECK(warnings == std::vector<std::string>{"no language has the message c"});
}

TEST_CASE("a message's placeholders are filled from where it stands, formatted") {
    const auto* model =
        R"({"title": "<Ran> & 乱", "shows": [{"price": {"value": 900, "currency": "EUR"}, "hall": {"name": "H"},
        "starts_at": {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T20:30:00"}}]})";
    CHECK(rendered("{{#shows}}{{m_a}}{{/shows}}", model, {},
                   "a = {title}: {price} in {hall.name} on {starts_at_day}, "
                   "{nothing}{hall.nothing}{title.name}!\n") ==
          "&lt;Ran&gt; &amp; 乱: €9.00 in H on Saturday, 22 November, !");
}

TEST_CASE("the number that a message names chooses its plural form") {
    const std::string english = "left.one = {n} seat left\nleft.other = {n} seats left\n";
    const std::string chinese_text = "left.other = 还剩 {n} 个座位\n";
    CHECK(rendered("{{m_left}}", R"({"n": 1})", {}, english) == "1 seat left");
    CHECK(rendered("{{m_left}}", R"({"n": 0})", {}, english) == "0 seats left");
    CHECK(rendered("{{m_left}}", R"({"n": 2})", {}, english) == "2 seats left");
    CHECK(rendered("{{m_left}}", R"({"n": 1.5})", {}, english) == "1.5 seats left");
    CHECK(rendered("{{m_left}}", R"({})", {}, english) == " seats left");
    CHECK(rendered("{{m_left}}", R"({"n": 1})", chinese(), english, chinese_text) == "还剩 1 个座位");
}

TEST_CASE("a message is chosen by a value, or is the one for all others") {
    const std::string english = "error_sold_out = Sold out\nerror = Something failed ({code})\n";
    std::vector<std::string> warnings;
    CHECK(rendered("{{m_error__code}}", R"({"code": "sold_out"})", {}, english) == "Sold out");
    CHECK(rendered("{{m_error__code}}", R"({"code": "busy"})", {}, english) == "Something failed (busy)");
    CHECK(rendered("{{m_status__status}}", R"({"status": "<b>"})", {}, english, "", &warnings) ==
          "status_&lt;b&gt;");
    CHECK(warnings == std::vector<std::string>{"no language has the message status_<b>"});
}

TEST_CASE("missing messages that visitors make up do not fill log and memory") {
    std::string items;
    for (int i = 0; i < 300; ++i) {
        items += (i ? "," : "") + std::to_string(i);
    }
    std::vector<std::string> warnings;
    rendered("{{#x}}{{m_error__x}}{{/x}}", "{\"x\": [" + items + "]}", {}, "", "", &warnings);
    CHECK(warnings.size() == 100);
}

TEST_CASE("markup in a message is text") {
    CHECK(rendered("<p title=\"{{m_a}}\">{{m_a}}</p>", "{}", {}, "a = <b>\"now\"</b>\n") ==
          "<p title=\"&lt;b&gt;&quot;now&quot;&lt;/b&gt;\">&lt;b&gt;&quot;now&quot;&lt;/b&gt;</p>");
}

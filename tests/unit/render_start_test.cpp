// What stops the start, that a Renderer may be used by many threads, and how long a large page takes.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "render_fixture.hpp"

using namespace boxoffice::render;

namespace {

// The fault that keeps the directory from being a Renderer's, which is to be one line; empty if there is
// none.
std::string fault_of(const TemplateDirectory& directory) {
    try {
        const Renderer renderer(directory.path(), {"", "", false, currencies()}, [](std::string_view) {});
    } catch (const TemplateError& error) {
        const std::string what = error.what();
        CHECK(what.find('\n') == std::string::npos);
        return what;
    }
    return "";
}

std::string fault_of(std::string_view text) {
    const TemplateDirectory directory;
    directory.file("messages.en.txt", "title_t = T");
    directory.tpl("t", text);
    return fault_of(directory);
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a sound directory starts") {
    CHECK(fault_of("<p>{{x}}</p>") == "");
}

TEST_CASE("a template that ctemplate cannot read stops the start with its reason") {
    CHECK(contains(fault_of("{{#a}}"), "t.tpl: "));
    CHECK(contains(fault_of("{{#a}}"), "File ended before all sections were closed"));
    CHECK(contains(fault_of("{{#a}}{{/b}}"), "Found end of different section"));
    CHECK(contains(fault_of("{{a.b}}"), "Illegal name in template 'a.b'"));
    CHECK(contains(fault_of("{{a"), "No ending"));
    CHECK(contains(fault_of("<a href=\"x\"\"{{y}}\">"), "t.tpl: "));
}

TEST_CASE("a template that escaping could not guard stops the start") {
    CHECK(fault_of("<p>\n<a onclick=\"{{x}}\">") == "t.tpl: line 2: the attribute onclick=");
    CHECK(fault_of("{{x:none}}") == "t.tpl: line 1: the only modifier is :u, not :none");
}

TEST_CASE("a missing include or one in a circle stops the start") {
    CHECK(fault_of("{{>_missing}}") == "t.tpl: includes {{>_missing}}, and there is no such partial");
    CHECK(fault_of("{{>t}}") == "t.tpl: includes {{>t}}, and there is no such partial");
    CHECK(fault_of("{{>BODY}}") == "t.tpl: includes {{>BODY}}, and there is no such partial");
    const TemplateDirectory directory;
    directory.tpl("_a", "{{>_b}}");
    directory.tpl("_b", "{{#x}}{{>_a}}{{/x}}");
    CHECK(fault_of(directory) == "_b.tpl: includes _a, which includes it in turn");
}

TEST_CASE("a layout that is missing or holds no page stops the start") {
    const TemplateDirectory directory;
    directory.tpl("layout", "<p>");
    CHECK(fault_of(directory) == "layout.tpl: must include {{>BODY}} once");
    directory.tpl("layout", "{{>BODY}}{{>BODY}}");
    CHECK(fault_of(directory) == "layout.tpl: must include {{>BODY}} once");
    std::filesystem::remove(directory.path() / "layout.tpl");
    CHECK(contains(fault_of(directory), "layout.tpl: is missing in "));
}

TEST_CASE("a missing directory, message file or title stops the start") {
    const TemplateDirectory directory;
    directory.tpl("t", "");
    CHECK(fault_of(directory) == "t.tpl: messages.en.txt has no title_t");
    directory.file("messages.en.txt", "title_t = \xff");
    CHECK(contains(fault_of(directory), "messages.en.txt: is not UTF-8"));
    std::filesystem::remove(directory.path() / "messages.en.txt");
    CHECK(contains(fault_of(directory), "messages.en.txt: cannot be read"));
    std::filesystem::remove_all(directory.path());
    CHECK(contains(fault_of(directory), "No such file or directory"));
}

TEST_CASE("many threads render at once and each gets its own page") {
    const TemplateDirectory directory;
    directory.tpl("layout", "<title>{{TITLE}}</title>{{>BODY}}");
    directory.tpl("t", "{{#rows}}{{>_row}}{{/rows}}");
    directory.tpl("_row", "{{n}} {{price}} {{starts_at}} {{m_unknown}};");
    directory.file("messages.en.txt", "title_t = Page {n}");
    std::atomic<int> warnings = 0;
    std::atomic<int> wrong = 0;
    const Renderer renderer(directory.path(), {"", "", false, currencies()}, [&](std::string_view) { ++warnings; });
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
            const auto n = std::to_string(thread);
            const auto model = json(R"({"n": )" + n + R"(, "rows": [{"price": {"value": )" + n +
                                    R"(, "currency": "JPY"}, "starts_at": {"at": "2025-11-22T19:3)" + n +
                                    R"(:00Z", "local": "2025-11-23T04:3)" + n + R"(:00"}}]})");
            const auto expected =
                "<title>Page " + n + "</title>" + n + " ¥" + n + " 23 Nov 2025, 04:3" + n + " unknown;";
            for (int i = 0; i < 200; ++i) {
                wrong += renderer.page("t", model, {}) != expected;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(wrong == 0);
    CHECK(warnings == 1);
}

TEST_CASE("a page of 200 nested rows takes milliseconds at most") {
    const TemplateDirectory directory;
    directory.tpl("t",
                  "{{#shows}}<tr><td><a href=\"/shows/{{show_id}}\">{{title}}</a></td><td>{{starts_at_time}} "
                  "{{starts_at_day}}"
                  "</td><td>{{price}}</td><td>{{m_left}}</td><td>{{#tiers}}<b "
                  "class=\"{{tier}}\">{{price}}</b>{{/tiers}}"
                  "{{#no_tiers}}none{{/no_tiers}}</td></tr>\n{{/shows}}");
    directory.file(
        "messages.en.txt",
        "title_t = T\nleft.one = {seats_available} seat left\nleft.other = {seats_available} seats left");
    std::string shows;
    for (int i = 0; i < 200; ++i) {
        shows +=
            std::string(i ? "," : "") + R"({"show_id": )" + std::to_string(i) +
            R"(, "title": "The <Third> Man & 第三人", "starts_at": {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T20:30:00"},
                    "price": {"value": 1250, "currency": "EUR"}, "seats_available": 17,
                    "tiers": [{"tier": "standard", "price": {"value": 1250, "currency": "EUR"}},
                              {"tier": "premium", "price": {"value": 1650, "currency": "EUR"}}]})";
    }
    const auto model = json("{\"shows\": [" + shows + "]}");
    const Renderer renderer(directory.path(), {"", "", false, currencies()}, [](std::string_view) {});
    std::size_t bytes = 0;
    constexpr int rounds = 20;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
        bytes = renderer.page("t", model, {}).size();
    }
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    MESSAGE("200 rows, ", bytes, " bytes: ", taken.count() / rounds, " ms");
    CHECK(taken.count() / rounds < 50);
}

// Pages: names, sections, context and escaping as renderer.hpp promises them.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "render_fixture.hpp"

using namespace boxoffice::render;

namespace {

PageContext signed_in(std::string_view role) {
    PageContext context;
    context.csrf = "c-1";
    context.user = SignedIn{"O'Neil & 李", "a@example.com", role};
    return context;
}

}  // namespace

TEST_CASE("strings, numbers and truth values print as JSON has them") {
    CHECK(rendered("{{s}}|{{i}}|{{big}}|{{u}}|{{d}}|{{t}}|{{f}}|{{n}}|{{missing}}|",
                   R"({"s": "a b", "i": -5, "big": 9007199254740993, "u": 18446744073709551615, "d": 51.5,
                       "t": true, "f": false, "n": null})") ==
          "a b|-5|9007199254740993|18446744073709551615|51.5|true|false|||");
}

TEST_CASE("arrays and objects print as JSON") {
    CHECK(rendered("<p data-x=\"{{x}}\" data-y=\"{{y}}\">", R"({"x": ["A-1", 2], "y": {"a": "<"}})") ==
          "<p data-x=\"[&quot;A-1&quot;,2]\" data-y=\"{&quot;a&quot;:&quot;&lt;&quot;}\">");
}

TEST_CASE("money and times print in the page's language") {
    const auto* model =
        R"({"price": {"value": 2400, "currency": "EUR"}, "yen": {"value": 2400, "currency": "JPY"},
        "dinar": {"value": 2400, "currency": "KWD"}, "until": "2025-01-01T00:00:00Z",
        "starts_at": {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T20:30:00"},
        "ends_at": {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T19:30:00"}})";
    const auto* text =
        "{{price}} {{yen}} {{#price}}{{value}} {{currency}}{{/price}} {{starts_at}} {{starts_at_date}} "
        "{{starts_at_time}} {{starts_at_day}} {{starts_at_iso}} {{ends_at_time}} {{until}}";
    CHECK(rendered(text, model) ==
          "€24.00 ¥2,400 2400 EUR 22 Nov 2025, 20:30 22 Nov 2025 20:30 Saturday, 22 November "
          "2025-11-22T19:30:00Z 19:30 2025-01-01T00:00:00Z");
    PageContext context;
    context.language = "zh";
    CHECK(rendered(text, model, context) ==
          "€24.00 JP¥2,400 2400 EUR 2025年11月22日 20:30 2025年11月22日 20:30 11月22日 星期六 "
          "2025-11-22T19:30:00Z 19:30 2025-01-01T00:00:00Z");
}

TEST_CASE("a section repeats for an array, looks into an object, and is hidden when empty") {
    CHECK(
        rendered(
            "{{#rows}}{{row}}:{{#seats}}{{seat}}{{#seats_separator}},{{/seats_separator}}{{/seats}};{{/"
            "rows}}",
            R"({"rows": [{"row": "A", "seats": [{"seat": 1}, {"seat": 2}]}, {"row": "B", "seats": []}]})") ==
        "A:1,2;B:;");
    CHECK(rendered("{{#taken}}[{{taken}}]{{/taken}}", R"({"taken": ["C-7", "C-8", null]})") ==
          "[C-7][C-8][]");
    CHECK(rendered("{{#venue}}{{name}}{{/venue}}", R"({"name": "outside", "venue": {"name": "Ritz"}})") ==
          "Ritz");
    for (const auto* empty : {"null", "false", "0", "0.0", "\"\"", "[]"}) {
        CHECK(rendered("{{#x}}yes{{/x}}{{#no_x}}no{{/no_x}}", "{\"x\": " + std::string(empty) + "}") == "no");
    }
    for (const auto* full : {"true", "1", "-0.5", "\"0\"", "[0]", "{}"}) {
        CHECK(rendered("{{#x}}yes{{/x}}{{#no_x}}no{{/no_x}}", "{\"x\": " + std::string(full) + "}") == "yes");
    }
    CHECK(rendered("{{#x}}yes{{/x}}{{#no_x}}no{{/no_x}}", "{}") == "no");
    CHECK(rendered("{{#no_refund}}yes{{/no_refund}}", R"({"no_refund": true, "refund": true})") == "yes");
}

TEST_CASE("a name is looked up outwards, and null is found") {
    CHECK(rendered("{{#a}}{{x}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}",
                   R"({"x": 1, "y": 2, "a": {"x": 3, "b": [{"x": null}, {}]}})") == "3232");
    CHECK(rendered("{{#a}}{{#no_x}}none{{/no_x}}{{/a}}", R"({"x": 1, "a": {"x": null}})") == "none");
    CHECK(rendered("{{#a}}{{t_time}}{{/a}}",
                   R"({"t": {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T19:30:00"}, "a": [{}]})") == "19:30");
}

TEST_CASE("the layout frames the page, and partials see what the place sees") {
    const TemplateDirectory directory;
    directory.tpl("layout",
                  "<title>{{TITLE}}</title>{{#PAGE_t}}{{PAGE}}{{/PAGE_t}}{{#PAGE_u}}!{{/"
                  "PAGE_u}}<main>{{>BODY}}</main>");
    directory.tpl("t", "{{#shows}}{{>_show}}{{/shows}}");
    directory.tpl("_show", "<p>{{title}} {{show_id}}{{>_end}}</p>");
    directory.tpl("_end", "{{#sold_out}}!{{/sold_out}}");
    directory.file("messages.en.txt", "title_t = {title} at {venue.name}");
    const Renderer renderer(directory.path(), {}, [](std::string_view) {});
    const auto model = json(
        R"({"title": "Ran", "venue": {"name": "<Ritz>"}, "shows": [{"show_id": 1}, {"show_id": 2, "sold_out": true}]})");
    CHECK(renderer.page("t", model, {}) ==
          "<title>Ran at &lt;Ritz&gt;</title>t<main><p>Ran 1</p><p>Ran 2!</p></main>");
    CHECK(renderer.has_page("t"));
    CHECK_FALSE(renderer.has_page("layout"));
    CHECK_FALSE(renderer.has_page("_show"));
    CHECK_FALSE(renderer.has_page("u"));
    CHECK_THROWS_AS(renderer.page("_show", model, {}), std::out_of_range);
    CHECK_THROWS_AS(renderer.page("layout", model, {}), std::out_of_range);
}

TEST_CASE("the context tells language, address, session and user") {
    const auto* text =
        "{{LANG}} {{#LANG_EN}}en{{/LANG_EN}}{{#LANG_ZH}}zh{{/LANG_ZH}} {{LANG_EN_URL}} {{LANG_ZH_URL}} "
        "{{PATH}} "
        "{{PUBLIC_URL}} {{ASSETS}} {{CSRF}}{{#NO_CSRF}}-{{/NO_CSRF}} "
        "{{#USER}}{{USER_NAME}} {{USER_EMAIL}} {{USER_ROLE}}{{/USER}}{{#NO_USER}}nobody{{/NO_USER}}"
        "{{#STAFF}} staff{{/STAFF}}{{#ADMIN}} admin{{/ADMIN}}";
    PageContext anonymous;
    anonymous.path = "/search?q=a&lang=en";
    CHECK(rendered(text, "{}", anonymous) ==
          "en en /search?q=a&amp;lang=en /search?q=a&amp;lang=zh /search?q=a&amp;lang=en "
          "https://tickets.example v1 - nobody");
    CHECK(rendered(text, "{}", signed_in("customer")) ==
          "en en /?lang=en /?lang=zh / https://tickets.example v1 c-1 O&#39;Neil &amp; 李 a@example.com "
          "customer");
    CHECK(rendered(text, "{}", signed_in("staff")).ends_with(" staff staff"));
    CHECK(rendered(text, "{}", signed_in("admin")).ends_with(" admin staff admin"));
    PageContext chinese;
    chinese.language = "zh";
    CHECK(rendered(text, "{}", chinese).starts_with("zh zh "));
    PageContext unknown;
    unknown.language = "fr";
    CHECK(rendered(text, "{}", unknown).starts_with("en en "));
}

TEST_CASE("the model shows through no name of the context, nor the other way round") {
    CHECK(rendered("{{#USER}}!{{/USER}}{{#user}}{{name}}{{/user}}", R"({"user": {"name": "Ann"}})",
                   signed_in("admin")) == "!Ann");
}

TEST_CASE("what a person typed is escaped wherever it stands") {
    const auto* model = R"({"x": "<b a=\"1\" c='2'>&乱", "q": "a&b=c d\"乱"})";
    CHECK(rendered("{{x}}", model) == "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;乱");
    CHECK(rendered("<input value=\"{{x}}\">", model) ==
          "<input value=\"&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;乱\">");
    CHECK(rendered("<textarea>{{x}}</textarea>", R"({"x": "</textarea><script>"})") ==
          "<textarea>&lt;/textarea&gt;&lt;script&gt;</textarea>");
    CHECK(rendered("<a href=\"/search?q={{q:u}}\">", model) ==
          "<a href=\"/search?q=a%26b%3Dc+d%22%E4%B9%B1\">");
}

TEST_CASE("an address of another scheme becomes #") {
    for (const auto* address : {"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
                                "data:text/html,x", "vbscript:x", "java\\nscript:alert(1)"}) {
        const auto html = rendered("<a href=\"{{x}}\">", "{\"x\": \"" + std::string(address) + "\"}");
        CHECK_MESSAGE(html == "<a href=\"#\">", address);
    }
    CHECK(rendered("<a href=\"{{x}}\">", R"({"x": "/shows/1?a=b&c=d"})") ==
          "<a href=\"/shows/1?a=b&amp;c=d\">");
    CHECK(rendered("<img src=\"{{x}}\">", R"({"x": "https://example.com/a.jpg"})") ==
          "<img src=\"https://example.com/a.jpg\">");
}

// What is said of a template from its source: names and faults.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "render/template_source.hpp"

using namespace boxoffice::render;

namespace {

std::string all_faults(const std::string& text) {
    std::string result;
    for (const auto& fault : faults_of("{{%AUTOESCAPE context=\"HTML\"}}\n" + text)) {
        result += (result.empty() ? "" : "; ") + fault;
    }
    return result;
}

}  // namespace

TEST_CASE("markers are read with their kinds and modifiers, comments left out") {
    const auto markers =
        markers_of("{{%AUTOESCAPE context=\"HTML\"}}{{! {x} }}{{#a}}{{b:u}}{{>_c}}{{/a}}{{d}} {{");
    REQUIRE(markers.size() == 5);
    CHECK(markers[0].kind == Marker::Kind::section);
    CHECK(markers[1].kind == Marker::Kind::variable);
    CHECK(markers[1].name == "b");
    CHECK(markers[1].modifiers == ":u");
    CHECK(markers[2].kind == Marker::Kind::include);
    CHECK(markers[2].name == "_c");
    CHECK(markers[3].kind == Marker::Kind::end);
    CHECK(markers[4].name == "d");
}

TEST_CASE("what a page needs is no fault") {
    for (const auto* text : {
             "<a href=\"{{url}}\">{{title}}</a>",
             "<a href=\"/search?q={{q:u}}&amp;page={{page:u}}#{{id}}\">x</a>",
             "<a href=\"/shows/{{show_id}}{{#q}}?q={{q:u}}{{/q}}\">x</a>",
             "<input name=\"a\" value=\"{{a}}\" {{#is_checked}}checked{{/is_checked}}>",
             "<input name=\"a\"{{#is_wrong}} aria-invalid=\"true\"{{/is_wrong}} required>",
             "<script src=\"/static/app.js?v={{ASSETS:u}}\" defer></script>",
             "<svg viewBox=\"0 0 8 8\"><path d=\"M0 0h8\" fill=\"none\"/></svg>",
             "<button formaction=\"/bookings\" data-seats=\"{{seats}}\">x</button>",
             "<p>1 < 2 && 3 > 2, on=\"x\" style=\"y\"</p>",
             "<textarea name=\"t\">{{t}}</textarea><br/>",
             "{{! <script>alert(1)</script> }}",
         }) {
        CHECK(all_faults(text) == "");
    }
}

TEST_CASE("what ctemplate or the Content-Security-Policy cannot guard is a fault") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"{{x:none}}", "line 2: the only modifier is :u, not :none"},
        {"{{x:u:none}}", "line 2: the only modifier is :u, not :u:none"},
        {"<a href=\"/s?q={{q}}\">", "line 2: {{q}} in the query of href= needs :u"},
        {"<form hx-get=\"/s?q={{q}}\">", "line 2: {{q}} in the query of hx-get= needs :u"},
        {"<a href={{q}}>",
         "line 2: the value of href= is not in double quotes; line 2: {{q}} in a tag, outside of an "
         "attribute's quotes"},
        {"<a title='{{q}}'>",
         "line 2: the value of title= is not in double quotes; line 2: {{q}} in a tag, outside of an "
         "attribute's quotes"},
        {"<{{x}}>", "line 2: {{x}} in a tag, outside of an attribute's quotes"},
        {"<p {{x}}>", "line 2: {{x}} in a tag, outside of an attribute's quotes"},
        {"<p a{{x}}=\"1\">", "line 2: {{x}} in a tag, outside of an attribute's quotes"},
        {"\n<p {{>_x}}>", "line 3: {{>_x}} inside a tag"},
        {"<p title=\"{{>_x}}\">", "line 2: {{>_x}} inside an attribute"},
        {"<p onclick=\"x()\">", "line 2: the attribute onclick="},
        {"<p\nONCLICK=\"x()\">", "line 3: the attribute onclick="},
        {"<p hx-on:click=\"x()\">", "line 2: the attribute hx-on:click="},
        {"<p style=\"color: red\">", "line 2: the attribute style="},
        {"<iframe srcdoc=\"{{x}}\">", "line 2: the attribute srcdoc="},
        {"<a href=\"JavaScript:x()\">", "line 2: a script in href="},
        {"<button formaction=\"{{x}}\">", "line 2: {{x}} in formaction=, which takes no variable"},
        {"<path fill=\"{{x}}\"/>", "line 2: {{x}} in fill=, which takes no variable"},
        {"<script>x()</script>", "line 2: <script> with its content in the page"},
        {"<script src=\"/a.js\">x()</script>", "line 2: <script> with its content in the page"},
        {"<STYLE>p {}</STYLE>", "line 2: <style> with its content in the page"},
    };
    for (const auto& [text, fault] : cases) {
        CHECK_MESSAGE(all_faults(text) == fault, text);
    }
}

TEST_CASE("a template without AUTOESCAPE is a fault") {
    CHECK(faults_of("<p>").size() == 1);
    CHECK(faults_of("{{%AUTOESCAPE context=\"XML\"}}").size() == 1);
}

TEST_CASE("broken templates are read to their end") {
    for (const auto* text : {"<", "<p", "<p title", "<p title=", "<p title=\"", "<p title=\"{{", "{{", "{{}}",
                             "<p ====>", "<p \"\"\">", "<a/=>", "<p {{x"}) {
        all_faults(text);
    }
}

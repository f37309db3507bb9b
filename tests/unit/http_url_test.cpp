#include "http/url.hpp"

#include <doctest/doctest.h>

using namespace boxoffice::http;

TEST_SUITE_BEGIN("http url");

TEST_CASE("percent escapes decode to the bytes they name") {
    CHECK(percent_decode("/shows/1") == "/shows/1");
    CHECK(percent_decode("a%20b%2Fc") == "a b/c");
    CHECK(percent_decode("%e4%BD%a0") == "你");
    CHECK(percent_decode("%25%32%35") == "%25");  // once, not twice
    CHECK(percent_decode("a+b") == "a+b");
    CHECK(percent_decode("") == "");
}

TEST_CASE("malformed escapes, NUL and what is not UTF-8 are refused") {
    for (const std::string text :
         {"%", "%4", "a%", "%zz", "%4g", "%-1", "%00", "a%00b", "%ff", "%c3", "%c3%28", "%c0%af", "%ed%a0%80",
          "%f4%90%80%80", "%f8%88%80%80%80", "\xff"})
        CHECK_MESSAGE(!percent_decode(text), text);
}

TEST_CASE("UTF-8 is told from what only resembles it") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("abc"));
    CHECK(is_utf8("é 你 😀 \xEF\xBF\xBD"));
    CHECK(is_utf8("\xF4\x8F\xBF\xBF"));        // U+10FFFF, the last
    CHECK(is_utf8("\xED\x9F\xBF"));            // U+D7FF, before the surrogates
    CHECK_FALSE(is_utf8("\x80"));              // a continuation alone
    CHECK_FALSE(is_utf8("\xC1\xBF"));          // overlong, two bytes
    CHECK_FALSE(is_utf8("\xE0\x9F\xBF"));      // overlong, three
    CHECK_FALSE(is_utf8("\xF0\x8F\xBF\xBF"));  // overlong, four
    CHECK_FALSE(is_utf8("\xED\xA0\x80"));      // a surrogate
    CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));  // past the end
    CHECK_FALSE(is_utf8("\xE4\xBD"));          // cut short
}

TEST_CASE("a form's pairs keep their order, repetitions and empty values") {
    const auto fields = parse_form("b=2&a=1&b=3&empty=&bare&&x=a%26b%3Dc&name=J%C3%BCrgen+M%2B");
    REQUIRE(fields);
    CHECK(*fields == std::vector<Field>{{"b", "2"},
                                        {"a", "1"},
                                        {"b", "3"},
                                        {"empty", ""},
                                        {"bare", ""},
                                        {"x", "a&b=c"},
                                        {"name", "Jürgen M+"}});
    CHECK(parse_form("")->empty());
    CHECK(*parse_form("a=b=c") == std::vector<Field>{{"a", "b=c"}});
}

TEST_CASE("a form with a fault in it is refused whole") {
    for (const std::string text : {"a=%", "a=1&b=%zz", "%ff=1", "a=%00"})
        CHECK_MESSAGE(!parse_form(text), text);
}

TEST_CASE("cookies are split, trimmed and unquoted") {
    CHECK(parse_cookies("a=1; b=\"two\";c = 3 ;d; e=f=g") ==
          std::vector<Field>{{"a", "1"}, {"b", "two"}, {"c", "3"}, {"d", ""}, {"e", "f=g"}});
    CHECK(parse_cookies("").empty());
    CHECK(parse_cookies(";;; =x; ").empty());
    CHECK(parse_cookies("a=\"") == std::vector<Field>{{"a", "\""}});
}

TEST_CASE("a cookie is found by its exact name, the first one first") {
    CHECK(find_cookie("lang=en; session=s1; session=s2", "session") == "s1");
    CHECK(find_cookie("xsession=1; Session=2", "session").empty());
    CHECK(find_cookie("", "session").empty());
}

TEST_CASE("targets come in origin-form, absolute-form and as an asterisk") {
    const auto split = [](std::string_view method, std::string_view target) {
        const auto parts = split_target(method, target);
        return parts ? parts->path + " | " + parts->query : "refused";
    };
    CHECK(split("GET", "/a%20b/c?x=%20&y") == "/a b/c | x=%20&y");
    CHECK(split("GET", "/?") == "/ | ");
    CHECK(split("GET", "/a?b?c") == "/a | b?c");
    CHECK(split("GET", "//a") == "//a | ");
    CHECK(split("GET", "http://example.com/a?b") == "/a | b");
    CHECK(split("GET", "HTTPS://example.com:8080") == "/ | ");
    CHECK(split("GET", "http://example.com?q") == "/ | q");
    CHECK(split("OPTIONS", "*") == "* | ");
    for (const std::string target : {"*", "a", "example.com:80", "ftp://example.com/", "http:///a", "http://",
                                     "/a#b", "/%", "/%00", "/%ff", "://x/"})
        CHECK_MESSAGE(split("GET", target) == "refused", target);
}

TEST_SUITE_END();

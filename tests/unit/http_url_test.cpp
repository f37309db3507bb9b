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

TEST_CASE("a cookie is found by its exact name, the first one first") {
    CHECK(find_cookie("lang=en; session=s1; session=s2", "session") == "s1");
    CHECK(find_cookie("xsession=1; Session=2", "session").empty());
    CHECK(find_cookie("", "session").empty());
    CHECK(find_cookie(";;; =x; ", "x").empty());
    CHECK(find_cookie("a=1; b=\"two\";c = 3 ;d; e=f=g", "b") == "two");
    CHECK(find_cookie("a=1; b=\"two\";c = 3 ;d; e=f=g", "c") == "3");
    CHECK(find_cookie("a=1; b=\"two\";c = 3 ;d; e=f=g", "d").empty());
    CHECK(find_cookie("a=1; b=\"two\";c = 3 ;d; e=f=g", "e") == "f=g");
    CHECK(find_cookie("a=\"", "a") == "\"");
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

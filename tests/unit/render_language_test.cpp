// Choosing the language, and links to the other one.
#include <doctest/doctest.h>

#include "render/language.hpp"

using boxoffice::render::language_of;
using boxoffice::render::with_language;

TEST_CASE("the query's language wins over the cookie's, and that over the header's") {
    CHECK(language_of("zh", "en", "en") == "zh");
    CHECK(language_of("", "zh", "en") == "zh");
    CHECK(language_of("", "", "zh") == "zh");
    CHECK(language_of("", "", "") == "en");
}

TEST_CASE("a language the site does not have is as none") {
    CHECK(language_of("fr", "zh", "") == "zh");
    CHECK(language_of("ZH", "", "") == "en");
    CHECK(language_of("", "<script>", "zh") == "zh");
    CHECK(language_of("", "", "fr, de;q=0.5") == "en");
}

TEST_CASE("Accept-Language is judged by its weights, then by its order") {
    CHECK(language_of("", "", "zh-CN,zh;q=0.9,en;q=0.8") == "zh");
    CHECK(language_of("", "", "en;q=0.8, zh;q=0.9") == "zh");
    CHECK(language_of("", "", "en-GB, zh") == "en");
    CHECK(language_of("", "", "zh, en") == "zh");
    CHECK(language_of("", "", "fr, ZH-Hant-TW;q=0.3") == "zh");
    CHECK(language_of("", "", "en;q=0.001, zh;q=0.002") == "zh");
}

TEST_CASE("q=0 excludes a language and * stands for the others") {
    CHECK(language_of("", "", "en;q=0") == "en");
    CHECK(language_of("", "", "en;q=0, *") == "zh");
    CHECK(language_of("", "", "*") == "en");
    CHECK(language_of("", "", "zh;q=0.5, *;q=0.1") == "zh");
    CHECK(language_of("", "", "zh;q=0, *;q=0.5") == "en");
}

TEST_CASE("a malformed item of Accept-Language is skipped") {
    CHECK(language_of("", "", "zh;q=2, en;q=0.1") == "en");
    CHECK(language_of("", "", "en;q=x, zh;q=0.1") == "zh");
    CHECK(language_of("", "", "en;q=-1, zh;q=0.1") == "zh");
    CHECK(language_of("", "", "en;q=, zh;q=0.1") == "zh");
    CHECK(language_of("", "", "en;q=1e0, zh;q=0.1") == "zh");
    CHECK(language_of("", "", "en;q=nan, zh;q=0.1") == "zh");
    CHECK(language_of("", "", ",,;;=,-, zh ;\tq=0.5") == "zh");
    CHECK(language_of("", "", ";q") == "en");
}

TEST_CASE("with_language sets lang and keeps the rest of the query") {
    CHECK(with_language("/", "zh") == "/?lang=zh");
    CHECK(with_language("/search?q=%E6%B5%8B&page=2", "en") == "/search?q=%E6%B5%8B&page=2&lang=en");
    CHECK(with_language("/search?lang=en&q=a", "zh") == "/search?q=a&lang=zh");
    CHECK(with_language("/?lang=en", "zh") == "/?lang=zh");
    CHECK(with_language("/?lang", "zh") == "/?lang=zh");
    CHECK(with_language("/?language=x&&", "zh") == "/?language=x&lang=zh");
    CHECK(with_language("/a#b", "en") == "/a?lang=en");
}

TEST_CASE("a link to the other language never leaves the site") {
    CHECK(with_language("//evil.example/a?b=c", "zh") == "/evil.example/a?b=c&lang=zh");
    CHECK(with_language("/\\evil.example", "zh") == "/evil.example?lang=zh");
    CHECK(with_language("http://evil.example", "zh") == "/http://evil.example?lang=zh");
    CHECK(with_language("", "zh") == "/?lang=zh");
}

// base64url, hexadecimal, percent encoding, and what is UTF-8.
#include <doctest/doctest.h>

#include <string>

#include "base/encoding.hpp"

using namespace std::string_literals;

namespace boxoffice {

TEST_CASE("base64url agrees with the examples of RFC 4648, without padding") {
    CHECK(base64url_encode("") == "");
    CHECK(base64url_encode("f") == "Zg");
    CHECK(base64url_encode("fo") == "Zm8");
    CHECK(base64url_encode("foo") == "Zm9v");
    CHECK(base64url_encode("foob") == "Zm9vYg");
    CHECK(base64url_encode("\xfb\xff\xfe") == "-__-");
    CHECK(base64url_decode("Zm9vYg") == "foob");
    CHECK(base64url_decode("") == "");
}

TEST_CASE("base64url takes back every byte string") {
    std::string bytes;
    for (int length = 0; length < 300; ++length) {
        CHECK(base64url_decode(base64url_encode(bytes)) == bytes);
        bytes += static_cast<char>(length * 37);
    }
}

TEST_CASE("base64url refuses what no encoder writes") {
    CHECK_FALSE(base64url_decode("Zm9vYg=="));
    CHECK_FALSE(base64url_decode("Z"));
    CHECK_FALSE(base64url_decode("Zm9vY"));
    CHECK_FALSE(base64url_decode("Zm+v"));
    CHECK_FALSE(base64url_decode("Zm9\xff"));
    CHECK_FALSE(base64url_decode("Zh"));  // the same byte as Zg, with stray bits
}

TEST_CASE("base64 is read with padding and line breaks or without") {
    CHECK(base64_decode("+/8=") == "\xfb\xff"s);
    CHECK(base64_decode("+/8") == "\xfb\xff"s);
    CHECK(base64_decode("QUJD\nREVG\n") == "ABCDEF");
    CHECK(base64_decode("") == "");
    CHECK_FALSE(base64_decode("-_8="));
    CHECK_FALSE(base64_decode("=A"));
    CHECK_FALSE(base64_decode("A"));
}

TEST_CASE("hexadecimal is written in lower case") {
    CHECK(hex_encode("\x00\xff\x1a"s) == "00ff1a");
}

TEST_CASE("percent encoding leaves the unreserved characters alone") {
    CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
    CHECK(percent_encode("a b/\xc3\xbc") == "a%20b%2F%C3%BC");
}

TEST_CASE("UTF-8 is what RFC 3629 says it is") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain"));
    CHECK(is_utf8("\0"s));
    CHECK(is_utf8("Köln 電影 🎬"));
    CHECK(is_utf8("\xf4\x8f\xbf\xbf"));
    CHECK(is_utf8("\xed\x9f\xbf"));  // before the surrogates
    CHECK_FALSE(is_utf8("\x80"));
    CHECK_FALSE(is_utf8("\xc0\xaf"));          // overlong
    CHECK_FALSE(is_utf8("\xe0\x80\xaf"));      // overlong
    CHECK_FALSE(is_utf8("\xf0\x80\x80\xaf"));  // overlong
    CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // a surrogate
    CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
    CHECK_FALSE(is_utf8("\xff"));
    CHECK_FALSE(is_utf8("\xe9\x9b"));  // cut off
    CHECK_FALSE(is_utf8("\xe9\x9b\x61"));
}

}  // namespace boxoffice

// Normalization: texts that look the same are the same.
#include <doctest/doctest.h>

#include <string>

#include "base/unicode.hpp"

using boxoffice::nfkc;

TEST_CASE("however it is written, a text in form KC is the same") {
    CHECK(nfkc("Cafe\u0301") == "Caf\u00e9");
    CHECK(nfkc("Caf\u00e9") == "Caf\u00e9");
    CHECK(nfkc("\uff21\uff42\uff11\u3000x") == "Ab1 x");
    CHECK(nfkc("\u1100\u1161") == "\uac00");
    CHECK(nfkc("correct horse \U0001f40e") == "correct horse \U0001f40e");
    CHECK(nfkc("").empty());
}

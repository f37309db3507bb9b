// The sandbox's wire: nested parameters, keys, signatures, late answers.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>

#include "base/timer.hpp"
#include "sandbox/api.hpp"
#include "sandbox/parameters.hpp"
#include "sandbox/webhooks.hpp"

using namespace boxoffice;
using sandbox::nested_json;

TEST_CASE("nested parameters become objects and arrays of strings") {
    CHECK(nested_json({}) == "{}");
    CHECK(nested_json({{"amount", "2400"}, {"metadata[a]", "1"}, {"metadata[b]", "2"}}) ==
          R"({"amount":"2400","metadata":{"a":"1","b":"2"}})");
    CHECK(nested_json({{"expand[]", "x"}, {"expand[]", "y"}}) == R"({"expand":["x","y"]})");
    CHECK(nested_json({{"line_items[0][price_data][unit_amount]", "5"}, {"line_items[0][quantity]", "2"}}) ==
          R"({"line_items":[{"price_data":{"unit_amount":"5"},"quantity":"2"}]})");
}

TEST_CASE("of a parameter that is given twice the later value counts") {
    CHECK(nested_json({{"a", "1"}, {"a", "2"}}) == R"({"a":"2"})");
}

TEST_CASE("a name whose brackets do not fit is one name") {
    CHECK(nested_json({{"a[b", "1"}, {"a]b", "2"}, {"[a]x", "3"}}) == R"({"a[b":"1","a]b":"2","[a]x":"3"})");
    CHECK(nested_json({{"a[b[c]]", "1"}}) == R"({"a[b[c]]":"1"})");
}

TEST_CASE("a parameter cannot be a value and an object, nor nested without end") {
    CHECK_THROWS_AS(nested_json({{"a", "1"}, {"a[b]", "2"}}), sandbox::BadParameters);
    CHECK_THROWS_AS(nested_json({{"a[b]", "2"}, {"a", "1"}}), sandbox::BadParameters);
    CHECK_THROWS_AS(nested_json({{"a[b][c][d][e][f][g][h][i]", "1"}}), sandbox::BadParameters);
    CHECK_THROWS_AS(nested_json(std::vector<http::Field>(501, {"a[]", "1"})), sandbox::BadParameters);
}

TEST_CASE("the API key comes as a bearer token or as the user of basic authentication") {
    CHECK(sandbox::api_key("Bearer sk_test_1") == "sk_test_1");
    CHECK(sandbox::api_key("Basic c2tfdGVzdF8xOg==") == "sk_test_1");
    CHECK(sandbox::api_key("Basic c2tfdGVzdF8xOng=") == "sk_test_1");
    CHECK_FALSE(sandbox::api_key(""));
    CHECK_FALSE(sandbox::api_key("Bearer "));
    CHECK_FALSE(sandbox::api_key("Basic !"));
    CHECK_FALSE(sandbox::api_key("Digest x"));
}

TEST_CASE("a webhook is signed over its time and its body") {
    CHECK(sandbox::signature("whsec_test", 1700000000, R"({"id":"evt_1"})") ==
          "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925");
}

TEST_CASE("what is due first happens first, whatever was asked first") {
    std::promise<void> done;
    std::atomic<int> order{0};
    int late = 0;
    int soon = 0;
    Timer timer;
    timer.after(std::chrono::milliseconds(40), [&] {
        late = ++order;
        done.set_value();
    });
    timer.after(std::chrono::milliseconds(5), [&] { soon = ++order; });
    REQUIRE(done.get_future().wait_for(std::chrono::seconds(5)) == std::future_status::ready);
    CHECK(soon == 1);
    CHECK(late == 2);
}

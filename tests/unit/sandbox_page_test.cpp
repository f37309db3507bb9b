// The hosted page: what it shows in each state of a session.
#include <doctest/doctest.h>

#include <string>

#include "sandbox/hosted_page.hpp"

using boxoffice::sandbox::money;
using boxoffice::sandbox::page_response;

namespace {

bool shows(const boxoffice::http::Response& response, const std::string& text) {
    return response.body.find(text) != std::string::npos;
}

std::string header(const boxoffice::http::Response& response, const std::string& name) {
    for (const auto& header : response.headers) {
        if (header.name == name) {
            return header.value;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("money is shown in the currency's own units") {
    CHECK(money(2400, "eur") == "24.00 EUR");
    CHECK(money(5, "usd") == "0.05 USD");
    CHECK(money(2400, "kwd") == "2.400 KWD");
    CHECK(money(5, "bhd") == "0.005 BHD");
    CHECK(money(50, "usd") == "0.50 USD");
    CHECK(money(2400, "jpy") == "2400 JPY");
}

TEST_CASE("an open session shows what is paid for, the test cards and the way back, and nothing unescaped") {
    const auto response = page_response(R"({"view": "choose", "amount": 2400, "currency": "eur",
        "description": "<b>Film</b>", "error": null, "success_url": "http://x/ok", "cancel_url": "http://x/?a=1&b=\""})");
    CHECK(response.status == 200);
    CHECK(shows(response, "24.00 EUR"));
    CHECK(shows(response, "&lt;b&gt;Film&lt;/b&gt;"));
    CHECK(shows(response, "value=\"pm_card_visa\""));
    CHECK(shows(response, "href=\"http://x/?a=1&amp;b=&quot;\""));
    CHECK(shows(response, "<strong>Sandbox.</strong>"));
    CHECK_FALSE(shows(response, "role=\"alert\""));
    CHECK(header(response, "Content-Security-Policy").starts_with("default-src 'none'"));
}

TEST_CASE("after a declined card the page says why") {
    const auto response = page_response(R"({"view": "choose", "amount": 1, "currency": "eur",
        "description": "Film", "error": "Your card was declined.", "success_url": "http://x/ok", "cancel_url": null})");
    CHECK(shows(response, "role=\"alert\">Your card was declined."));
    CHECK_FALSE(shows(response, "Go back"));
}

TEST_CASE("a card that asks for its owner shows the authentication") {
    const auto response = page_response(R"({"view": "authenticate", "amount": 1, "currency": "eur",
        "description": "Film", "success_url": "http://x/ok"})");
    CHECK(shows(response, "value=\"approve\""));
    CHECK(shows(response, "value=\"refuse\""));
}

TEST_CASE("a paid session leads back to the shop") {
    const auto response = page_response(R"({"view": "complete", "success_url": "http://x/ok"})");
    CHECK(response.status == 303);
    CHECK(header(response, "Location") == "http://x/ok");
}

TEST_CASE("an expired session and an unknown one say so") {
    CHECK(page_response(R"({"view": "expired", "cancel_url": "http://x/"})").status == 410);
    CHECK(page_response(R"({"view": "missing"})").status == 404);
}

// The mails of templates/mail with models as ops.compose_mail answers them.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "mail/templates.hpp"
#include "render/renderer.hpp"
#include "unit/render_fixture.hpp"

using boxoffice::mail::Letter;
using boxoffice::mail::Templates;

namespace {

const std::filesystem::path root = std::filesystem::path(__FILE__).parent_path() / "../..";

std::string model(const std::string& mail, const std::string& language, const std::string& more) {
    return R"({"to": "a@b.c", "name": "<b>Al</b>", "mail": ")" + mail + R"(", "language": ")" + language +
           R"(", "path": "/bookings/bk_1?a=b&c=d", "seat_list": "C-7, C-8", "places": null,
               "amount": {"value": 2400, "currency": "EUR"},
               "show": {"title": "Tom & Jerry", "venue_name": "Odeon", "hall_name": "1", "address": "1 High Street",
                        "city_name": "London", "starts_at": {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T20:30:00"}})" +
           more + "}";
}

Letter letter(const std::string& mail, const std::string& language = "en", const std::string& more = "") {
    std::vector<std::string> missing;
    const Templates templates(root / "templates", "https://tickets.example", currencies(),
                              [&](std::string_view key) { missing.emplace_back(key); });
    auto result = templates.write(json(model(mail, language, more)));
    CHECK_MESSAGE(missing.empty(), mail, ": ", missing.front());
    return result;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a mail says the same as text and as HTML") {
    const Letter mail = letter("confirmation");
    CHECK(mail.subject == "Your tickets: Tom & Jerry, 22 Nov 2025, 20:30");
    for (const std::string part :
         {"Saturday, 22 November, 20:30", "Odeon, 1", "C-7, C-8", "€24.00", "Your tickets are attached"}) {
        CHECK_MESSAGE(has(mail.text, part), part);
        CHECK_MESSAGE(has(mail.html, part), part);
    }
}

TEST_CASE("what people typed is text in both") {
    const Letter mail = letter("confirmation");
    CHECK(has(mail.text, "Hello <b>Al</b>,"));
    CHECK(has(mail.text, "Tom & Jerry\n"));
    CHECK(has(mail.html, "&lt;b&gt;Al"));
    CHECK(has(mail.html, "Tom &amp; Jerry"));
    CHECK(!has(mail.html, "<b>Al"));
}

TEST_CASE("links lead to the public address") {
    const Letter mail = letter("confirmation");
    CHECK(has(mail.text, "\nhttps://tickets.example/bookings/bk_1?a=b&c=d\n"));
    CHECK(has(mail.html, "href=\"https://tickets.example/bookings/bk_1?a=b&amp;c=d\""));
}

TEST_CASE("a mail is in its receiver's language") {
    const Letter mail = letter("confirmation", "zh");
    CHECK(mail.subject == "您的票：Tom & Jerry，2025年11月22日 20:30");
    CHECK(has(mail.html, "<html lang=\"zh\">"));
    CHECK(has(mail.text, "查看订单"));
    CHECK(letter("confirmation", "fr").language == "en");
}

TEST_CASE("money has its currency's digits") {
    const auto text = [](const std::string& amount) {
        const Templates templates(root / "templates", "https://tickets.example", currencies(), [](std::string_view) {});
        auto made = json(model("refund", "en", ""));
        made["amount"].CopyFrom(json(amount), made.GetAllocator());
        return templates.write(made).text;
    };
    CHECK(has(text(R"({"value": 2400, "currency": "JPY"})"), "Returned: ¥2,400\n"));
    CHECK(has(text(R"({"value": 2400, "currency": "KWD"})"), "2.400\n"));
}

TEST_CASE("all mails have all their words, in both languages") {
    const std::string deadline = R"(, "deadline": {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T20:30:00"})";
    for (const std::string language : {"en", "zh"}) {
        for (const std::string mail : {"confirmation", "payment_lost", "refund", "refund_failed", "waitlist_bought"}) {
            letter(mail, language);
        }
        CHECK(
            has(letter("payment_failed", language, R"(, "code": "card_declined")" + deadline).text, "20:30"));
        CHECK(has(letter("waitlist_offer", language, deadline).text, "20:30"));
        for (const std::string reason : {"price_higher", "show_moved"}) {
            letter("waitlist_offer", language, R"(, "end_reason": ")" + reason + "\"" + deadline);
        }
        CHECK(has(letter("show_cancelled", language, R"(, "reason": "The singer is ill.")").text,
                  "The singer is ill."));
        CHECK(
            has(letter("show_moved", language, R"(, "before": {"at": "2025-11-21T18:00:00Z", "local": "2025-11-21T18:00:00"})")
                    .text,
                "18:00"));
        for (const std::string mail : {"verify_email", "reset_password", "change_email", "password_changed", "email_changed"}) {
            letter(mail, language, R"(, "is_link": true)");
        }
        for (const std::string reason : {"offer_lapsed", "time_over", "cannot_be_met", "payment_failed",
                                         "show_cancelled", "show_over"}) {
            letter("waitlist_ended", language, R"(, "end_reason": ")" + reason + "\"");
        }
        for (const std::string reason : {"seats_gone", "show_cancelled", "show_over"}) {
            letter("payment_returned", language, R"(, "end_reason": ")" + reason + "\"");
        }
        letter("payment_returned", language);
    }
}

TEST_CASE("a text has no two blank lines on end, and none before it begins") {
    for (const std::string mail : {"confirmation", "waitlist_ended", "verify_email"}) {
        const Letter made =
            letter(mail, "en", mail == "confirmation" ? "" : R"(, "end_reason": "time_over")");
        CHECK(!has(made.text, "\n\n\n"));
        CHECK(made.text.starts_with("Hello"));
    }
}

TEST_CASE("a mail that leads nowhere is a fault") {
    const Templates templates(root / "templates", "https://tickets.example", currencies(), [](std::string_view) {});
    CHECK_THROWS_AS(templates.write(json(R"({"mail": "confirmation", "path": "javascript:x"})")),
                    std::runtime_error);
}

TEST_CASE("in a mail there is inline style, but never with a variable in it") {
    const auto start = [](const std::string& html) {
        const TemplateDirectory directory;
        std::filesystem::create_directory(directory.path() / "mail");
        directory.tpl("mail/mail.html", html);
        directory.file("mail/mail.txt.tpl", "text");
        const Templates templates(directory.path(), "https://tickets.example", currencies(), [](std::string_view) {});
    };
    CHECK_NOTHROW(start(R"(<p style="margin:0">{{x}}</p>)"));
    CHECK_THROWS_AS(start(R"(<p style="margin:{{x}}"></p>)"), boxoffice::render::TemplateError);
    CHECK_THROWS_AS(start(R"(<p onclick="x"></p>)"), boxoffice::render::TemplateError);
    CHECK_THROWS_AS(start(R"({{#x}}never closed)"), boxoffice::render::TemplateError);
}

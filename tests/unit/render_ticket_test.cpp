// Tickets on paper and in calendars: what is in the files. How they look to other programs is
// tests/http/ticket_files.test.mjs's subject.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "render/calendar.hpp"
#include "render/ticket_pdf.hpp"
#include "unit/render_fixture.hpp"

using namespace boxoffice::render;

namespace {

const Texts& texts() {
    static const Texts texts(std::filesystem::path(__FILE__).parent_path() / "../../templates", currencies());
    return texts;
}

// As sales.ticket_model answers it.
rapidjson::Document model(int tickets = 2) {
    rapidjson::Document model;
    model.Parse(R"({"booking_id": "bk_7_00", "show_id": 7, "status": "paid", "kind": "film",
        "title": "Hero; a, b\\c", "title_zh": "英雄", "rating": "PG-13", "duration_minutes": 99,
        "venue_name": "Odeon", "venue_name_zh": "奥德翁", "address": "1 High Street", "postal_code": "N1",
        "city_name": "Oslo", "city_name_zh": "奥斯陆", "latitude": 59.91, "longitude": 10.75, "hall_name": "Hall 2",
        "admission": "seated", "starts_at": {"at": "2026-03-29T00:30:00Z", "local": "2026-03-29T01:30:00"},
        "ends_at": {"at": "2026-03-29T02:09:00Z", "local": "2026-03-29T04:09:00"}, "stamped_at": "2026-03-01T10:00:00Z",
        "sequence": 3, "is_cancelled": false, "tickets": []})");
    auto& allocator = model.GetAllocator();
    for (int number = 1; number <= tickets; ++number) {
        rapidjson::Document ticket(&allocator);
        ticket.Parse(R"({"seat": "C-0", "row": "C", "number": 0, "section": null, "accessible": false,
            "tier": "standard", "price": {"value": 1250, "currency": "NOK"}, "code": "BX1.7.abc"})");
        ticket["seat"].SetString(("C-" + std::to_string(number)).c_str(), allocator);
        ticket["number"].SetInt(number);
        model["tickets"].PushBack(ticket, allocator);
    }
    return model;
}

std::size_t count(const std::string& text, std::string_view what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

std::string calendar(const rapidjson::Value& model, std::string_view language = "en") {
    std::string text = ticket_calendar(texts(), model, language, "https://tickets.example");
    for (auto fold = text.find("\r\n "); fold != std::string::npos; fold = text.find("\r\n ", fold)) {
        text.erase(fold, 3);
    }
    return text;
}

bool has_line(const std::string& text, std::string_view line) {
    return ("\r\n" + text).find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the PDF of a booking has a page for each seat") {
    for (const int seats : {1, 2, 10}) {
        const auto pdf = ticket_pdf(texts(), model(seats), "en");
        CHECK(pdf.starts_with("%PDF-1.4\n"));
        CHECK(pdf.ends_with("%%EOF\n"));
        CHECK(count(pdf, "/Type /Page ") == static_cast<std::size_t>(seats));
    }
}

TEST_CASE("the same tickets in the same language are the same bytes, in whatever thread they are drawn") {
    const auto booking = model();
    const auto english = ticket_pdf(texts(), booking, "en");
    CHECK(ticket_pdf(texts(), booking, "zh") != english);
    std::vector<std::string> drawn(4);
    std::vector<std::thread> threads;
    for (auto& pdf : drawn) {
        threads.emplace_back([&] { pdf = ticket_pdf(texts(), booking, "en"); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    for (const auto& pdf : drawn) {
        CHECK(pdf == english);
    }
}

TEST_CASE("a booking without a ticket has no PDF") {
    CHECK_THROWS_AS(ticket_pdf(texts(), model(0), "en"), std::runtime_error);
    CHECK_THROWS_AS(ticket_pdf(texts(), rapidjson::Value(rapidjson::kObjectType), "en"), std::runtime_error);
}

TEST_CASE("names as long as they may be still make a PDF, with the same number of pages") {
    auto booking = model(1);
    auto& allocator = booking.GetAllocator();
    const auto set = [&](const char* name, const std::string& text) {
        booking[name].SetString(text.c_str(), allocator);
    };
    set("title", std::string(300, 'W'));
    std::string chinese;
    for (int n = 0; n < 300; ++n) {
        chinese += "龍";
    }
    set("title_zh", chinese);
    set("venue_name", std::string(200, 'W'));
    set("address", std::string(500, 'w'));
    set("hall_name", std::string(200, 'H'));
    CHECK(count(ticket_pdf(texts(), booking, "en"), "/Type /Page ") == 1);
}

TEST_CASE("a calendar has one appointment, its times in UTC") {
    const auto text = calendar(model());
    CHECK(text.starts_with("BEGIN:VCALENDAR\r\n"));
    CHECK(count(text, "BEGIN:VEVENT") == 1);
    for (
        const char* line :
        {"VERSION:2.0", "METHOD:PUBLISH", "UID:bk_7_00", "DTSTAMP:20260301T100000Z", "SEQUENCE:3",
         "DTSTART:20260329T003000Z", "DTEND:20260329T020900Z", "STATUS:CONFIRMED",
         "URL:https://tickets.example/bookings/bk_7_00", R"(SUMMARY:Hero\; a\, b\\c)",
         R"(LOCATION:Odeon\, 1 High Street\, Oslo)", "TRIGGER:-PT2H", "END:VCALENDAR",
         R"(DESCRIPTION:Hall 2\, seats: C-1\, C-2\nYour tickets: https://tickets.example/bookings/bk_7_00)"}) {
        CHECK_MESSAGE(has_line(text, line), line);
    }
}

TEST_CASE("a calendar is in the reader's language") {
    const auto text = calendar(model(), "zh");
    CHECK(has_line(text, "SUMMARY:英雄"));
    CHECK(has_line(text, R"(LOCATION:奥德翁\, 1 High Street\, 奥斯陆)"));
}

TEST_CASE("no line of a calendar is longer than 75 octets, and none is cut inside a character") {
    auto booking = model(10);
    std::string title;
    for (int n = 0; n < 100; ++n) {
        title += "英雄x";
    }
    booking["title_zh"].SetString(title.c_str(), booking.GetAllocator());
    const auto text = ticket_calendar(texts(), booking, "zh", "https://tickets.example");
    std::size_t start = 0;
    for (auto end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n", start)) {
        CHECK(end - start <= 75);
        if (start < text.size()) {
            CHECK((static_cast<unsigned char>(text[start == end ? start : start + (text[start] == ' ')]) &
                   0xC0) != 0x80);
        }
        start = end + 2;
    }
}

TEST_CASE("a cancelled show, and a booking of which nothing is left, are cancelled in the calendar too") {
    auto cancelled = model();
    cancelled["is_cancelled"].SetBool(true);
    const auto empty = model(0);
    for (const auto* booking : {&std::as_const(cancelled), &empty}) {
        const auto text = calendar(*booking);
        CHECK(has_line(text, "METHOD:CANCEL"));
        CHECK(has_line(text, "STATUS:CANCELLED"));
        CHECK(has_line(text, "UID:bk_7_00"));
        CHECK(count(text, "VALARM") == 0);
    }
}

// What a mail looks like as bytes. That other programs read it so is shown by tests/http/mail.test.mjs.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "mail/message.hpp"

using namespace boxoffice::mail;

namespace {

Message message() {
    Message result;
    result.id = "7.abc@tickets.example";
    result.sent_at = 1763843400;  // 22 November 2025, 20:30 UTC
    result.from = {"Boxoffice", "box@tickets.example"};
    result.to = {"Alice", "alice@example.com"};
    result.language = "en";
    result.subject = "Your tickets";
    result.text = "Hello\n";
    result.html = "<p>Hello</p>";
    return result;
}

std::vector<std::string> lines(const std::string& mail) {
    std::vector<std::string> result;
    std::istringstream stream(mail);
    for (std::string line; std::getline(stream, line);) {
        CHECK_MESSAGE(line.ends_with('\r'), line);
        line.pop_back();
        result.push_back(line);
    }
    return result;
}

bool has_line(const std::string& mail, const std::string& wanted) {
    return std::ranges::count(lines(mail), wanted) == 1;
}

// A header's value with its folded lines.
std::string header(const std::string& mail, const std::string& name) {
    std::string value;
    bool is_in_it = false;
    for (const auto& line : lines(mail)) {
        if (line.empty()) {
            break;
        }
        is_in_it = line.starts_with(name + ": ") || (is_in_it && line.starts_with(' '));
        if (is_in_it) {
            value += line.starts_with(' ') ? line : line.substr(name.size() + 2);
        }
    }
    return value;
}

// Words of RFC 2047 as the text that they mean.
std::string meaning(std::string value) {
    std::string text;
    for (std::size_t at = value.find("=?UTF-8?B?"); at != std::string::npos;
         at = value.find("=?UTF-8?B?", at)) {
        const auto end = value.find("?=", at);
        const auto word = boxoffice::base64_decode(value.substr(at + 10, end - at - 10));
        REQUIRE(word.has_value());
        CHECK(boxoffice::is_utf8(*word));  // no character is cut in two
        text += *word;
        at = end;
    }
    return text;
}

}  // namespace

TEST_CASE("a mail has the headers of RFC 5322, and says that a program sent it") {
    const std::string mail = encode(message());
    CHECK(has_line(mail, "Date: Sat, 22 Nov 2025 20:30:00 +0000"));
    CHECK(header(mail, "From") == "\"Boxoffice\" <box@tickets.example>");
    CHECK(header(mail, "To") == "\"Alice\" <alice@example.com>");
    CHECK(has_line(mail, "Subject: Your tickets"));
    CHECK(has_line(mail, "Message-ID: <7.abc@tickets.example>"));
    CHECK(has_line(mail, "MIME-Version: 1.0"));
    CHECK(has_line(mail, "Content-Language: en"));
    CHECK(has_line(mail, "Auto-Submitted: auto-generated"));
}

TEST_CASE("the same mail gives the same bytes") {
    CHECK(encode(message()) == encode(message()));
}

TEST_CASE("the text comes before its HTML, so that a reader of both takes the latter") {
    const std::string mail = encode(message());
    CHECK(header(mail, "Content-Type").starts_with("multipart/alternative"));
    CHECK(mail.find("text/plain; charset=utf-8") < mail.find("text/html; charset=utf-8"));
}

TEST_CASE("attachments stand beside the text, not in it") {
    Message with = message();
    with.attachments = {{"tickets.pdf", "application/pdf", std::string("%PDF\0\r\n.\r\n", 10)}};
    const std::string mail = encode(with);
    CHECK(header(mail, "Content-Type").starts_with("multipart/mixed"));
    CHECK(has_line(mail, "Content-Disposition: attachment; filename=\"tickets.pdf\""));
    CHECK(has_line(mail, "JVBERgANCi4NCg=="));
}

TEST_CASE("every line is ASCII and short, whatever the mail says") {
    Message wild = message();
    wild.subject = std::string(300, 'x') + " 王小明的票 é";
    wild.to.name = std::string(200, 'n');
    wild.text = std::string(500, 'y') + "\n" + std::string(100, ' ') + "\n票=\t\n.\nFrom here\n";
    wild.html = std::string(1000, '<') + "ü";
    wild.attachments = {{"a.bin", "application/octet-stream", std::string(1000, '\xff')}};
    for (const auto& line : lines(encode(wild))) {
        CHECK_MESSAGE(line.size() <= 78, line);
        CHECK_MESSAGE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }), line);
        CHECK_MESSAGE((line.empty() || line.back() != ' ' || line == "-- "), line);
    }
}

TEST_CASE("names and subjects in any script are words of RFC 2047, none of more than 75 characters") {
    Message chinese = message();
    chinese.to.name = "王小明";
    for (int i = 0; i < 20; ++i) {
        chinese.subject += "，电影票 Größe";
    }
    const std::string mail = encode(chinese);
    CHECK(meaning(header(mail, "To")) == "王小明");
    CHECK(header(mail, "To").ends_with(" <alice@example.com>"));
    CHECK(meaning(header(mail, "Subject")) == chinese.subject);
    for (const auto& line : lines(mail)) {
        if (const auto begin = line.find("=?"); begin != std::string::npos) {
            CHECK(line.find("?=", begin) + 2 - begin <= 75);
            CHECK(line.size() <= 76);
        }
    }
}

TEST_CASE("what looks like such a word, or is too long for a line, becomes one") {
    Message sly = message();
    sly.subject = "=?UTF-8?B?SGk=?=";
    CHECK(meaning(header(encode(sly), "Subject")) == sly.subject);
    sly.subject = std::string(500, 's');
    CHECK(meaning(header(encode(sly), "Subject")) == sly.subject);
}

TEST_CASE("quotes in a name are escaped") {
    Message quoted = message();
    quoted.to.name = R"(Al "the \ cat", Capone <x@y.z>)";
    CHECK(header(encode(quoted), "To") == R"("Al \"the \\ cat\", Capone <x@y.z>" <alice@example.com>)");
}

TEST_CASE("a line break in a header is refused, wherever it comes from") {
    for (const std::string evil :
         {"x\r\nBcc: mallory@example.com", "x\nBcc: m@e.com", "x\rBcc: m@e.com", "nul\x01"}) {
        CAPTURE(evil);
        Message mail = message();
        mail.subject = evil;
        CHECK_THROWS_AS(encode(mail), MessageError);
        mail = message();
        mail.to.name = evil;
        CHECK_THROWS_AS(encode(mail), MessageError);
        mail = message();
        mail.to.address = evil + "@example.com";
        CHECK_THROWS_AS(encode(mail), MessageError);
        mail = message();
        mail.id = evil;
        CHECK_THROWS_AS(encode(mail), MessageError);
        mail = message();
        mail.from.name = evil;
        CHECK_THROWS_AS(encode(mail), MessageError);
        mail = message();
        mail.attachments = {{evil, "text/plain", ""}};
        CHECK_THROWS_AS(encode(mail), MessageError);
        mail = message();
        mail.attachments = {{"a.txt", evil, ""}};
        CHECK_THROWS_AS(encode(mail), MessageError);
    }
}

TEST_CASE("an address that would be read as two, or as none, is refused") {
    for (const std::string bad : {"a", "@b.c", "a@", "a@b@c.d", "a,b@c.d", "a b@c.d", "<a@b.c>", "a>@b.c",
                                  "a;b@c.d", "\"a\"@b.c", "a@b.c\xff", "a@bücher.example", "é@b.c"}) {
        CAPTURE(bad);
        Message mail = message();
        mail.to.address = bad;
        CHECK_THROWS_AS(encode(mail), MessageError);
    }
}

TEST_CASE("a sender is an address with or without a name") {
    CHECK(parse_address("a@b.c").address == "a@b.c");
    CHECK(parse_address("a@b.c").name.empty());
    CHECK(parse_address("Box Office <a@b.c>").name == "Box Office");
    CHECK(parse_address("\"Box, Office\" <a@b.c>").name == "Box, Office");
    CHECK(parse_address("票务 <a@b.c>").name == "票务");
    CHECK(parse_address("Box <a@b.c>").domain() == "b.c");
    for (const std::string bad : {"", "nobody", "Box <nobody>", "Box <a@b.c> x", "a@b.c>"}) {
        CHECK_THROWS_AS(parse_address(bad), MessageError);
    }
}

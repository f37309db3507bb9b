// Mails as files. That a server gets them, and what its answers mean, is shown by tests/http/mail.test.mjs
// with a real one.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "mail/delivery.hpp"
#include "unit/render_fixture.hpp"

using namespace boxoffice::mail;

namespace {

std::string content(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

std::size_t entries(const std::filesystem::path& directory) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("a mail that is kept twice is one file, and leaves nothing else behind") {
    const TemplateDirectory home;
    const auto directory = home.path() / "mail";
    keep(directory, "1.eml", "first\r\n");
    keep(directory, "1.eml", "again\r\n");
    keep(directory, "2.eml", "another\r\n");
    CHECK(entries(directory) == 2);
    CHECK(content(directory / "1.eml") == "again\r\n");
}

TEST_CASE("only its owner may read a mail") {
    const TemplateDirectory home;
    keep(home.path() / "mail", "1.eml", "secret");
    struct stat found {};
    REQUIRE(stat((home.path() / "mail/1.eml").c_str(), &found) == 0);
    CHECK((found.st_mode & 077) == 0);
}

TEST_CASE("what cannot be kept is tried again") {
    const TemplateDirectory home;
    home.file("mail", "no directory");
    CHECK_THROWS_AS(keep(home.path() / "mail", "1.eml", "x"), DeliveryError);
}

TEST_CASE("a server that is not there is tried again, and its password is not told") {
    boxoffice::Settings settings;
    settings.smtp_url = "smtp://user:geheim@127.0.0.1:1";
    Message message;
    message.id = "1@b.c";
    message.from = message.to = {"", "a@b.c"};
    try {
        Delivery(settings).deliver(message, "1");
        FAIL("it was sent");
    } catch (const DeliveryError& error) {
        CHECK(std::string(error.what()).find("geheim") == std::string::npos);
    }
}

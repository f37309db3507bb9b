// A hundred thousand connections to the server, of which a quarter hang up early, while every answer is checked to belong to
// its own request: see support/storm.hpp.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "support/load.hpp"
#include "support/storm.hpp"

namespace {

std::string server_url() {
    const char* url = std::getenv("BOXOFFICE_SERVER_URL");
    REQUIRE_MESSAGE(url != nullptr, "BOXOFFICE_SERVER_URL is not set; run ./boxoffice test");
    return url;
}

void storm_at(const std::string& path, long connections) {
    storm::Plan plan;
    const std::string url = server_url();
    plan.port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    plan.path = path;
    plan.connections = connections;
    const storm::Counts counts = storm::run(plan);
    CAPTURE(counts.checked);
    CAPTURE(counts.wrong);
    CAPTURE(counts.silent);
    CAPTURE(counts.failed);
    CHECK(counts.foreign == 0);
    CHECK(counts.is_clean());
    CHECK(counts.checked > connections / 2);
    CHECK(counts.hung_up > connections / 5);
    CHECK(boxoffice::test::fetch(url, "/healthz").find("ok") != std::string::npos);
}

}  // namespace

TEST_CASE("an answer that is given at once reaches nobody but who asked, while others hang up") {
    storm_at("/api/v1/cities?{token}=1", 85'000);
}

TEST_CASE("so does one that comes from the database's and the pages' threads") {
    storm_at("/login?next=/{token}", 15'000);
}

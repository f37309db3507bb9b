// Thousands of connections of which a quarter hang up early: every answer must reach the client that asked,
// whether it is given at once or from another thread.
#include <doctest/doctest.h>

#include "http_fixture.hpp"
#include "support/storm.hpp"

using namespace http_fixture;

TEST_SUITE_BEGIN("http server storm");

TEST_CASE("no answer reaches the wrong client while others hang up") {
    EchoServer echo;
    for (const std::string path : {"/echo?{token}", "/later?{token}"}) {
        storm::Plan plan;
        plan.port = echo.port();
        plan.connections = 4'000;
        plan.path = path;
        const storm::Counts counts = storm::run(plan);
        CHECK(counts.is_clean());
        CHECK(counts.foreign == 0);
        CHECK(counts.checked > 3'000);
        CHECK(counts.hung_up > 800);
    }
    CHECK(eventually([&] { return echo.server.stats().connections_open == 0; }));
    CHECK(echo.server.stats().bytes_buffered == 0);
}

TEST_SUITE_END();

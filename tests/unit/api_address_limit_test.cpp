// How often an address may do something, and that refusals are counted rather than told.
#include <doctest/doctest.h>

#include <string>

#include "api/address_limit.hpp"
#include "api/metrics.hpp"

namespace boxoffice::api {

using namespace std::chrono_literals;

TEST_CASE("an address may so many at once, and then so many a second") {
    AddressLimit limit(10, 20);
    auto now = AddressLimit::Clock::time_point(1h);
    for (int i = 0; i < 20; ++i)
        CHECK(limit.take("192.0.2.1", now));
    CHECK(!limit.take("192.0.2.1", now));
    CHECK(limit.take("192.0.2.2", now));
    now += 100ms;
    CHECK(limit.take("192.0.2.1", now));
    CHECK(!limit.take("192.0.2.1", now));
    now += 1s;
    for (int i = 0; i < 10; ++i)
        CHECK(limit.take("192.0.2.1", now));
    CHECK(!limit.take("192.0.2.1", now));
}

TEST_CASE("who has used up nothing is forgotten, and no flood of addresses fills the memory") {
    AddressLimit limit(10, 20);
    auto now = AddressLimit::Clock::time_point(1h);
    for (int i = 0; i < 150'000; ++i)
        limit.take(std::to_string(i), now);
    CHECK(limit.remembered() <= 100'001);
    CHECK_MESSAGE(!limit.take("new", now), "the new share what one may");
    CHECK_MESSAGE(limit.take("7", now), "who is known has their own");
    now += 20s;
    CHECK(limit.take("new", now));
    CHECK(limit.remembered() == 1);
}

TEST_CASE("refusals are said once, and then how many there were, every ten seconds") {
    Metrics metrics;
    RouteMetrics& route = metrics.route("GET", "/a");
    auto now = std::chrono::steady_clock::time_point(1h);
    CHECK(route.rejected(now) == 1);
    for (int i = 0; i < 1000; ++i)
        CHECK(route.rejected(now + 1ms * i) == 0);
    CHECK(route.rejected(now + 10s) == 1001);
    CHECK(route.rejected(now + 11s) == 0);
}

}  // namespace boxoffice::api

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "worker/gateways.hpp"
#include "worker/seat_deltas.hpp"

using namespace boxoffice::worker;

TEST_CASE("a message holds the seats that changed, the versions before and after, and how many are free") {
    WatchedSeats seats(10, {3, 4, 3}, {"A-1", "A-2", "\"B\"-1"});
    CHECK(seats.delta({12, "aha", {3, 5, 4}}) ==
          R"({"type":"seats","version":12,"from":10,"available":2,"changes":{"A-2":"h","\"B\"-1":"a"}})");
}

TEST_CASE("a seat that changed and changed back is in the message, so that it fits all versions between") {
    const WatchedSeats seats(0, {0, 0}, {"A-1", "A-2"});
    CHECK(seats.delta({2, "aa", {2, 0}}) == R"({"type":"seats","version":2,"from":0,"available":2,"changes":{"A-1":"a"}})");
}

TEST_CASE("where nothing has changed there is no message") {
    const WatchedSeats seats(5, {2, 3}, {"A-1", "A-2"});
    CHECK(seats.delta({5, "as", {2, 3}}).empty());
}

TEST_CASE("a message that could not be published is made again, of all that has changed until then") {
    WatchedSeats seats(0, {0, 0}, {"A-1", "A-2"});
    CHECK(seats.delta({1, "ha", {1, 0}}).find(R"("version":1,"from":0)") != std::string::npos);
    const std::string later = seats.delta({2, "hs", {1, 1}});
    CHECK(later == R"({"type":"seats","version":2,"from":0,"available":0,"changes":{"A-1":"h","A-2":"s"}})");
    seats.published({2, "hs", {1, 1}});
    CHECK(seats.version() == 2);
    CHECK(seats.delta({3, "as", {2, 1}}) == R"({"type":"seats","version":3,"from":2,"available":1,"changes":{"A-1":"a"}})");
}

TEST_CASE("seats that a show has got since it is watched are told, and others than those known are read anew") {
    const WatchedSeats seats(4, {4}, {"A-1", "A-2"});
    CHECK(seats.fits({4, "aa", {4, 0}}));
    CHECK_FALSE(seats.fits({4, "aaa", {4, 0, 0}}));
    CHECK(seats.delta({4, "aa", {4, 0}}).find(R"("changes":{"A-2":"a"})") != std::string::npos);
}

TEST_CASE("integers are read as PostgreSQL writes an array of them, and nothing else is") {
    CHECK(integers_of("{}").empty());
    CHECK(integers_of("{7}") == std::vector<int>{7});
    CHECK(integers_of("{1,-2,2147483647}") == std::vector<int>{1, -2, 2147483647});
    for (const char* wrong : {"", "{", "1,2", "{1,}", "{,1}", "{1,,2}", "{1 ,2}", "{NULL}", "{2147483648}", "{a}"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(integers_of(wrong), std::invalid_argument);
    }
}

TEST_CASE("a gateway that hangs is asked less and less often, so that the others hear in time") {
    // Its system accepts connections; nobody answers.
    const int hanging = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(hanging, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(hanging, 8) == 0);
    REQUIRE(getsockname(hanging, reinterpret_cast<sockaddr*>(&address), &size) == 0);

    using namespace std::chrono;
    constexpr milliseconds patience{200};
    Gateways gateways({{"127.0.0.1", ntohs(address.sin_port)}}, "secret", patience);
    const auto waits = [&] {
        const auto start = steady_clock::now();
        CHECK_FALSE(gateways.publish("show:1", "{}"));
        return steady_clock::now() - start >= patience / 2;
    };
    for (const int pause : {1, 2, 4, 8, 8}) {
        CAPTURE(pause);
        CHECK(waits());
        std::this_thread::sleep_for(patience * pause - patience / 2);
        CHECK_FALSE(waits());
        std::this_thread::sleep_for(patience / 2 + milliseconds(20));
    }
    close(hanging);
}

TEST_CASE("channels are those of shows and of users") {
    for (const char* channel : {"show:1", "user:12.0", "user:12.34", "show:999999999999999999"}) {
        CHECK(is_channel(channel));
    }
    for (const char* wrong : {"", "show:", "show:0", "user:01", "user:-1.0", "user:1.0 ", "user:1/../x", "user:1", "user:1.", "user:1.01", "user:0.0", "show:1.0", "shows:1", "all",
                              "show:1000000000000000000"}) {
        CAPTURE(wrong);
        CHECK_FALSE(is_channel(wrong));
    }
}

// The server under clients that are slow, silent, greedy or many, and when it is told to stop.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <memory>

#include "http_fixture.hpp"

using namespace boxoffice::http;
using namespace http_fixture;

namespace {

const std::string hello = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";

Options quick() {
    Options options;
    options.header_timeout = 200ms;
    options.body_timeout = 200ms;
    options.idle_timeout = 300ms;
    options.write_stall_timeout = 400ms;
    return options;
}

// The processor time this process has used.
std::chrono::milliseconds used_time() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::milliseconds(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
}

}  // namespace

TEST_SUITE_BEGIN("http server limits");

TEST_CASE("a slow header is answered 408, also if it never stops trickling") {
    EchoServer echo(quick());
    Client client(echo.port());
    client.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 100 && !client.is_readable(20ms); ++i)
        client.send("A: b\r\n");
    CHECK(client.read_reply().status == 408);
    CHECK(echo.server.stats().timeouts == 1);
}

TEST_CASE("a slow body is answered 408") {
    EchoServer echo(quick());
    Client client(echo.port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 100 && !client.is_readable(20ms); ++i)
        client.send("x");
    CHECK(client.read_reply().status == 408);
}

TEST_CASE("silent connections are closed without a word, before and between requests") {
    EchoServer echo(quick());
    Client silent(echo.port());
    CHECK(silent.is_closed());
    Client idle(echo.port());
    idle.send(hello);
    CHECK(idle.read_reply().status == 200);
    CHECK(idle.is_closed());
    CHECK(echo.server.stats().timeouts == 0);
}

TEST_CASE("a request that the handler takes its time for is not timed out") {
    EchoServer echo(quick());
    Client client(echo.port());
    client.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(echo.wait_for_held(1));
    CHECK_FALSE(client.is_readable(800ms));
    echo.held().front().send({200, {}, "at last"});
    CHECK(client.read_reply().body == "at last");
}

TEST_CASE("a very large answer reaches a slow but live reader") {
    EchoServer echo(quick());
    Client client(echo.port(), 16 * 1024);
    client.send("GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::size_t received = 0;
    for (std::string bytes = client.read_some(400'000); !bytes.empty(); bytes = client.read_some(400'000)) {
        received += bytes.size();
        if (received < 1'000'000)
            std::this_thread::sleep_for(20ms);
    }
    CHECK(received > 20'000'000);
    CHECK(received < 20'001'000);
    CHECK(eventually([&] { return echo.server.stats().bytes_buffered == 0; }));
}

TEST_CASE("a reader that takes nothing is closed, without the I/O thread spinning meanwhile") {
    Options options = quick();
    options.write_stall_timeout = 1000ms;
    EchoServer echo(options);
    Client client(echo.port(), 4096);
    client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return echo.server.stats().bytes_buffered > 0; }));
    const auto before = used_time();
    CHECK(eventually([&] { return echo.server.stats().connections_open == 0; }));
    CHECK((used_time() - before).count() < 400);
    CHECK(echo.server.stats().timeouts == 1);
    CHECK(echo.server.stats().bytes_buffered == 0);
}

TEST_CASE("bytes waiting for slow readers are bounded over all connections") {
    Options options;
    options.max_buffered_bytes = 30'000'000;
    EchoServer echo(options);
    Client first(echo.port(), 4096);
    first.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return echo.server.stats().bytes_buffered > 0; }));
    Client second(echo.port(), 4096);
    second.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(eventually([&] { return echo.server.stats().connections_open == 1; }));
    CHECK(echo.server.stats().bytes_buffered == 20'000'000);
}

TEST_CASE("bodies on their way in are bounded over all connections") {
    Options options;
    options.max_buffered_bytes = 100'000;
    EchoServer echo(options);
    const std::string start = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n";
    Client first(echo.port());
    first.send(start + std::string(80'000, 'x'));
    REQUIRE(eventually([&] { return echo.server.stats().bytes_buffered == 80'000; }));
    Client second(echo.port());
    second.send(start + std::string(80'000, 'x'));
    CHECK(second.read_reply().status == 503);
    first.send(std::string(10'000, 'x'));
    CHECK(first.read_reply().status == 200);
}

TEST_CASE("past the connection limit a client is told and closed, and served when there is room again") {
    Options options;
    options.max_connections = 3;
    EchoServer echo(options);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<Client>(echo.port()));
        clients.back()->send(hello);
        CHECK(clients.back()->read_reply().status == 200);
    }
    Client refused(echo.port());
    CHECK(refused.read_reply().status == 503);
    CHECK(refused.is_closed());
    CHECK(echo.server.stats().connections_refused == 1);
    clients.pop_back();
    REQUIRE(eventually([&] { return echo.server.stats().connections_open == 2; }));
    CHECK(status_of(exchange(echo.port(), "GET /echo HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE("out of descriptors the server neither spins nor dies, and serves those who waited") {
    EchoServer echo;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 20; ++i)
        clients.push_back(std::make_unique<Client>(echo.port()));
    REQUIRE(eventually([&] { return echo.server.stats().connections_open == 20; }));

    rlimit old_limit{};
    getrlimit(RLIMIT_NOFILE, &old_limit);
    std::vector<int> fillers{dup(0)};
    const rlimit low{static_cast<rlim_t>(fillers.front()) + 8, old_limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd = dup(0); fd >= 0; fd = dup(0))
        fillers.push_back(fd);
    close(fillers.back());
    fillers.pop_back();
    Client late(echo.port());  // has the last descriptor
    late.send(hello);
    const auto before = used_time();
    std::this_thread::sleep_for(500ms);
    CHECK((used_time() - before).count() < 250);
    CHECK(echo.logged() == std::vector<std::string>{"accepting is paused: Too many open files"});

    setrlimit(RLIMIT_NOFILE, &old_limit);
    for (const int fd : fillers)
        close(fd);
    CHECK(late.read_reply().status == 200);
}

TEST_CASE(
    "who has just connected when the stop comes is still answered, who asks for nothing does not hold it "
    "up") {
    EchoServer echo;
    Client late(echo.port());
    const Client silent(echo.port());
    REQUIRE(eventually([&] { return echo.server.stats().connections_open == 2; }));
    const auto start = std::chrono::steady_clock::now();
    std::thread stopper([&] { echo.server.stop(5s); });
    std::this_thread::sleep_for(50ms);
    late.send(hello);
    CHECK(late.read_reply().status == 200);
    late.close();
    stopper.join();
    CHECK(std::chrono::steady_clock::now() - start < 2s);
}

TEST_CASE("a stop finishes what has begun, closes what is idle, and accepts no more") {
    auto echo = std::make_unique<EchoServer>();
    const std::uint16_t port = echo->port();
    Client idle(port);
    idle.send(hello);
    CHECK(idle.read_reply().status == 200);
    Client pending(port);
    pending.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    Client sending(port);
    sending.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
    REQUIRE(echo->wait_for_held(1));
    REQUIRE(eventually([&] { return echo->server.stats().connections_open == 3; }));

    std::thread stopper([&] { echo->server.stop(5s); });
    CHECK(idle.is_closed());
    CHECK(eventually([&] {
        try {
            Client late(port);
            return false;
        } catch (const std::runtime_error&) {
            return true;
        }
    }));
    sending.send("ok");
    const Reply sent = sending.read_reply();
    CHECK(sent.body == "POST\n/echo\n\nok");
    CHECK(sent.headers.at("connection") == "close");
    echo->held().front().send({200, {}, "finished"});
    CHECK(pending.read_reply().body == "finished");
    pending.close();
    sending.close();
    const auto start = std::chrono::steady_clock::now();
    stopper.join();
    CHECK(std::chrono::steady_clock::now() - start < 2s);
    CHECK(echo->server.stats().connections_open == 0);
}

TEST_CASE("a stop does not wait longer than its grace, and later answers are dropped") {
    EchoServer echo;
    Client client(echo.port());
    client.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(echo.wait_for_held(1));
    const auto start = std::chrono::steady_clock::now();
    echo.server.stop(200ms);
    CHECK(std::chrono::steady_clock::now() - start < 2s);
    CHECK(client.is_closed());
    echo.held().front().send({200, {}, "too late"});
    CHECK(echo.server.stats().connections_open == 0);
}

TEST_SUITE_END();

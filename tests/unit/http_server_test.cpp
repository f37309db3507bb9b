// The server over real sockets: framing, order, persistence, and that answers find their way.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "http_fixture.hpp"

using namespace boxoffice::http;
using namespace http_fixture;

namespace {

const std::string host = "Host: x\r\n";

std::string get(const std::string& path, const std::string& headers = "") {
    return "GET " + path + " HTTP/1.1\r\n" + host + headers + "\r\n";
}

std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
    return "POST " + path + " HTTP/1.1\r\n" + host + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_SUITE_BEGIN("http server");

TEST_CASE("a request reaches the handler whole and its answer the client") {
    EchoServer echo;
    Client client(echo.port());
    client.send(post("/echo%20you?a=%31&b", "hello"));
    const Reply reply = client.read_reply();
    CHECK(reply.status == 200);
    CHECK(reply.body == "POST\n/echo you\na=%31&b\nhello");
    CHECK(reply.headers.at("content-type") == "text/plain");
    CHECK(reply.headers.at("date").ends_with(" GMT"));
    client.send(get("/peer"));
    CHECK(client.read_reply().body == "127.0.0.1");
    CHECK(echo.server.stats().requests == 2);
}

TEST_CASE("the target may be absolute, and an asterisk for OPTIONS") {
    EchoServer echo;
    Client client(echo.port());
    client.send(get("http://x/absolute?q"));
    CHECK(client.read_reply().body == "GET\n/absolute\nq\n");
    client.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_reply().body == "OPTIONS\n*\n\n");
}

TEST_CASE("a connection is kept in HTTP/1.1 unless the client says close") {
    EchoServer echo;
    Client client(echo.port());
    for (int i = 0; i < 3; ++i) {
        client.send(get("/echo"));
        const Reply reply = client.read_reply();
        CHECK(reply.status == 200);
        CHECK(!reply.headers.contains("connection"));
    }
    client.send(get("/echo", "Connection: close\r\n"));
    CHECK(client.read_reply().headers.at("connection") == "close");
    CHECK(client.is_closed());
}

TEST_CASE("a connection is closed in HTTP/1.0 unless the client says keep-alive") {
    EchoServer echo;
    Client client(echo.port());
    client.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client.read_reply().headers.at("connection") == "keep-alive");
    client.send("GET /echo HTTP/1.0\r\n\r\n");
    CHECK(client.read_reply().headers.at("connection") == "close");
    CHECK(client.is_closed());
}

TEST_CASE("pipelined requests are answered in order, each begun when the former is answered") {
    EchoServer echo;
    Client client(echo.port());
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += get((i % 3 == 0 ? "/later?" : "/echo?") + std::to_string(i)) + (i % 7 == 0 ? "\r\n" : "");
    client.send(all);
    for (int i = 0; i < 100; ++i) {
        const std::string body = client.read_reply().body;
        CHECK_MESSAGE(body.ends_with("\n" + std::to_string(i) + "\n"), body);
    }

    client.send(get("/hold") + get("/echo?next"));
    REQUIRE(echo.wait_for_held(1));
    std::this_thread::sleep_for(30ms);
    CHECK(echo.server.stats().requests == 101);
    echo.held().front().send({200, {}, "held"});
    CHECK(client.read_reply().body == "held");
    CHECK(client.read_reply().body == "GET\n/echo\nnext\n");
}

TEST_CASE("thousands of pipelined requests do not use up the stack") {
    EchoServer echo;
    Client client(echo.port());
    constexpr int count = 20'000;
    std::thread sender([&] {
        std::string all;
        for (int i = 0; i < count; ++i)
            all += get("/echo");
        client.send(all);
    });
    int answered = 0;
    while (answered < count && client.read_reply().status == 200)
        ++answered;
    sender.join();
    CHECK(answered == count);
}

TEST_CASE("a chunked body may be cut anywhere") {
    EchoServer echo;
    const std::string request =
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    Client client(echo.port());
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        client.send(request.substr(0, cut));
        std::this_thread::sleep_for(1ms);
        client.send(request.substr(cut));
        const std::string body = client.read_reply().body;
        CHECK_MESSAGE(body == "POST\n/echo\n\nhello world", cut);
    }
    for (const char byte : request)
        client.send({&byte, 1});
    CHECK(client.read_reply().body == "POST\n/echo\n\nhello world");
}

TEST_CASE("100-continue is sent when the client waits for it, and not when the body is already there") {
    EchoServer echo;
    Client client(echo.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(client.read_reply().status == 100);
    client.send("ok");
    CHECK(client.read_reply().body == "POST\n/echo\n\nok");
    client.send(post("/echo", "ok", "Expect: 100-continue\r\n"));
    CHECK(client.read_reply().body == "POST\n/echo\n\nok");
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    CHECK(client.read_reply().status == 413);
}

TEST_CASE("HEAD, 204 and 304 have no body, and HEAD the length of GET's") {
    EchoServer echo;
    Client client(echo.port());
    client.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_reply(true).headers.at("content-length") == "12");
    client.send("HEAD /shared HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_reply(true).headers.at("content-length") == "1048576");
    client.send(get("/empty"));
    CHECK(client.read_reply().status == 204);
    client.send(get("/unchanged"));
    CHECK(client.read_reply().status == 304);
    client.send(get("/echo"));
    CHECK(client.read_reply().body == "GET\n/echo\n\n");  // nothing of those bodies is in between
}

TEST_CASE("what the parser refuses is answered, and the connection closed without reading on") {
    EchoServer echo;
    const auto refused = [&](const std::string& bytes) {
        const std::string answer = exchange(echo.port(), bytes + get("/smuggled"));
        CHECK(answer.find("smuggled") == std::string::npos);
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        return status_of(answer);
    };
    CHECK(refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5abc\r\n\r\n") == 400);
    CHECK(refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n") == 400);
    CHECK(refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n") ==
          400);
    CHECK(refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n") == 413);
    CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(refused("GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
    CHECK(refused("GET / HTTP/3.0\r\nHost: x\r\n\r\n") == 505);
    CHECK(refused("nonsense\r\n\r\n") == 400);
    CHECK(refused(std::string("\0\xff\x16\x03", 4)) == 400);
    CHECK(refused(get("/", "A: " + std::string(20'000, 'a') + "\r\n")) == 431);
    CHECK(echo.server.stats().requests == 0);
    CHECK(echo.server.stats().requests_refused == 10);
}

TEST_CASE("an early answer to a body that is still coming reaches the client") {
    EchoServer echo;
    Client client(echo.port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
    client.send(std::string(5'000'000, 'x'));
    CHECK(client.read_reply().status == 413);
}

TEST_CASE("sixteen thousand slashes are a path like any other") {
    Options options;
    options.max_header_bytes = 64 * 1024;
    EchoServer echo(options);
    const std::string slashes(16'000, '/');
    Client client(echo.port());
    client.send(get(slashes));
    CHECK(client.read_reply().body == "GET\n" + slashes + "\n\n");
}

TEST_CASE("a half-closed client gets its answers") {
    EchoServer echo;
    for (const std::string path : {"/echo", "/later"}) {
        Client client(echo.port());
        client.send(get(path + "?1") + get(path + "?2"));
        client.finish_sending();
        CHECK(client.read_reply().body == "GET\n" + path + "\n1\n");
        CHECK(client.read_reply().body == "GET\n" + path + "\n2\n");
        CHECK(client.is_closed());
    }
}

TEST_CASE("a handler that drops, throws or answers twice has answered once") {
    EchoServer echo;
    Client client(echo.port());
    client.send(get("/drop") + get("/throw") + get("/twice") + get("/echo"));
    CHECK(client.read_reply().status == 500);
    CHECK(client.read_reply().status == 500);
    CHECK(client.read_reply().body == "first");
    CHECK(client.read_reply().body == "GET\n/echo\n\n");
    const std::vector<std::string> lines = echo.logged();
    CHECK(std::any_of(lines.begin(), lines.end(),
                      [](const std::string& line) { return line.ends_with("thrown by a handler"); }));
}

TEST_CASE("CR and LF in an outgoing header do not go out") {
    EchoServer echo;
    const std::string answer = exchange(echo.port(), get("/break", "Connection: close\r\n"));
    CHECK(status_of(answer) == 500);
    CHECK(answer.find("Set-Cookie") == std::string::npos);
    CHECK(echo.logged().size() == 1);
}

TEST_CASE("an answer after the client has gone does nothing, and reaches nobody else") {
    EchoServer echo;
    for (int round = 0; round < 50; ++round) {
        Client gone(echo.port());
        gone.send(get("/hold"));
        REQUIRE(echo.wait_for_held(1));
        const std::vector<Responder> responders = echo.held();
        gone.reset();
        REQUIRE(eventually([&] { return echo.server.stats().connections_open == 0; }));
        Client next(echo.port());  // most likely on the same descriptor
        next.send(get("/hold"));
        REQUIRE(echo.wait_for_held(1));
        responders.front().send({200, {}, "for the one who has gone"});
        echo.held().front().send({200, {}, "for the next"});
        CHECK(next.read_reply().body == "for the next");
        next.reset();
        REQUIRE(eventually([&] { return echo.server.stats().connections_open == 0; }));
    }
}

TEST_CASE("answers from many threads find their requests") {
    EchoServer echo;
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            Client client(echo.port());
            for (int i = 0; i < 100; ++i) {
                const std::string token = std::to_string(t * 1000 + i);
                client.send(get("/later?" + token));
                right += client.read_reply().body == "GET\n/later\n" + token + "\n";
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(right == 800);
}

TEST_CASE("a port that another server has is refused by name, also to the same user") {
    EchoServer echo;
    Options options;
    options.port = echo.port();
    Server second(options, [](Request&&, Responder) {});
    const std::string expected =
        "cannot listen on 127.0.0.1:" + std::to_string(echo.port()) + ": Address already in use";
    CHECK_THROWS_WITH_AS(second.start(), expected.c_str(), std::runtime_error);
}

TEST_CASE("a handler that hangs up closes the connection without an answer, and no other one") {
    EchoServer echo;
    Client victim(echo.port());
    REQUIRE(victim.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    REQUIRE(echo.wait_for_held(1));
    Client other(echo.port());
    echo.held().front().hang_up();
    CHECK(victim.is_closed());
    REQUIRE(other.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(other.read_reply().status == 200);
}

TEST_SUITE_END();

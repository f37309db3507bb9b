#include "http/response_head.hpp"

#include <doctest/doctest.h>

using namespace boxoffice::http;

namespace {

std::string head_of(const Response& response, Persistence persistence = Persistence::keep_alive) {
    std::string out;
    return append_head(out, response, "now", persistence) ? out : "refused" + out;
}

}  // namespace

TEST_SUITE_BEGIN("http response head");

TEST_CASE("a head has status, date, the headers and the length") {
    CHECK(head_of({200, {{"Content-Type", "text/plain"}}, "hello"}) ==
          "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
    CHECK(head_of({499, {}, {}, std::make_shared<const std::string>("shared")}) ==
          "HTTP/1.1 499 \r\nDate: now\r\nContent-Length: 6\r\n\r\n");
}

TEST_CASE("204 and 304 have no length") {
    CHECK(head_of({204, {}, "x"}) == "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n");
    CHECK(head_of({304, {{"ETag", "\"1\""}}, {}}) ==
          "HTTP/1.1 304 Not Modified\r\nDate: now\r\nETag: \"1\"\r\n\r\n");
}

TEST_CASE("what the transport decides cannot be overruled") {
    CHECK(head_of({200,
                   {{"content-length", "99"},
                    {"Transfer-Encoding", "chunked"},
                    {"CONNECTION", "x"},
                    {"Date", "then"}},
                   "a"},
                  Persistence::close) ==
          "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
    CHECK(head_of({200, {}, "a"}, Persistence::keep_alive_1_0) ==
          "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("headers that would break the framing are refused") {
    for (const std::string value : {"a\r\nb: c", "a\nb", "a\rb", "a\x7f", "\x01"})
        CHECK(head_of({200, {{"X", value}}, {}}) == "refused");
    CHECK(head_of({200, {{"X", std::string("a\0b", 3)}}, {}}) == "refused");
    for (const std::string name : {"", "a b", "a:", "a\r\n", "é"})
        CHECK(head_of({200, {{name, "x"}}, {}}) == "refused");
    CHECK(head_of({200, {{"X", "a\tb é"}}, {}}) != "refused");
}

TEST_CASE("a status that is none is refused") {
    for (const int status : {0, 100, 199, 600, -1})
        CHECK(head_of({status, {}, {}}) == "refused");
}

TEST_CASE("dates are those of RFC 9110") {
    CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(DateCache().now().size() == 29);
}

TEST_SUITE_END();

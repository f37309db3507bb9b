// For the tests of server/http: a client that says exactly what it is told to, byte for byte, and a server
// whose answers show what it was asked.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/server.hpp"

namespace http_fixture {

using namespace std::chrono_literals;

struct Reply {
    int status = 0;                              // 0: the connection ended or fell silent instead
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

// A blocking client. Everything it waits for ends after five seconds.
class Client {
public:
    explicit Client(std::uint16_t port, int receive_buffer = 0);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool send(std::string_view bytes) const;
    void finish_sending() const;  // half-close
    void reset();                 // close with RST
    void close();

    // The next whole response; to a HEAD request it has no body.
    Reply read_reply(bool to_head = false);
    // What comes until the server closes, or nothing comes for `quiet`.
    std::string read_all(std::chrono::milliseconds quiet = 5s);
    // Whatever is there, at most `most` bytes; empty at the end.
    std::string read_some(std::size_t most);
    // True if the server closes, without a byte more, within five seconds.
    bool is_closed();
    bool is_readable(std::chrono::milliseconds within) const;

private:
    int fd_;
    std::string unread_;
};

// Answers, by path:
//   /echo     method, path, query and body, one a line;        /peer   the client's address
//   /later    the same as /echo, from another thread, after a moment
//   /big      20 MB;   /shared   1 MB of a shared body;         /empty  204;   /unchanged  304
//   /drop     nothing, the responder is dropped;                /throw  an exception
//   /twice    two answers;                                      /break  a header with CR and LF
//   /hold     keeps the responder in held()
class EchoServer {
public:
    explicit EchoServer(boxoffice::http::Options options = {});
    ~EchoServer();

    std::uint16_t port() const { return server.port(); }
    std::vector<std::string> logged();
    std::vector<boxoffice::http::Responder> held();  // takes them out
    // Waits until so many responders are held; false after five seconds.
    bool wait_for_held(std::size_t count);

private:
    void answer(boxoffice::http::Request&& request, boxoffice::http::Responder responder);
    void answer_later();
    boxoffice::http::Options with_log(boxoffice::http::Options options);

    std::mutex mutex_;
    std::vector<std::string> logged_;
    std::vector<boxoffice::http::Responder> held_;
    std::vector<std::pair<boxoffice::http::Responder, std::string>> later_;
    bool done_ = false;
    const std::shared_ptr<const std::string> shared_ = std::make_shared<const std::string>(1 << 20, 's');
    std::thread thread_;

public:
    boxoffice::http::Server server;
};

// Sends one request on a connection of its own and returns all that comes back.
std::string exchange(std::uint16_t port, std::string_view bytes);

// The status of a response as read_all() returns it; 0 if there is none.
int status_of(std::string_view response);

// Waits until the condition holds; false after five seconds.
bool eventually(const std::function<bool()>& condition);

}  // namespace http_fixture

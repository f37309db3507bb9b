// The HTTP/1.1 server: accepts connections, hands whole requests to a handler, and sends what it answers, in
// order, to the connection that asked. TLS, compression and caching belong to the gateway in front.
//
// Pistache's reactor turns the I/O threads and its Tcp::Transport keeps their peers. Its HTTP layer is not
// used: it can send an answer to the wrong client and be killed by one request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/responder.hpp"

namespace boxoffice::http {

// Called on an I/O thread for each request, so it must not block. A handler that throws has answered 500.
using Handler = std::function<void(Request&&, Responder)>;

struct Options {
    std::string address = "127.0.0.1";  // numeric or a name; "" for all interfaces
    std::uint16_t port = 0;             // 0: any free one, see Server::port()
    int threads = 2;                    // I/O threads, each with its own listening socket
    int backlog = 1024;                 // of each listening socket

    std::size_t max_connections = 10'000;       // past it a new one gets 503 and is closed
    std::size_t max_header_bytes = 16u << 10u;  // request line and headers; past it 431
    std::size_t max_body_bytes = 1u << 20u;     // past it 413
    std::size_t max_buffered_bytes = 64u
                                     << 20u;  // bodies coming in and waiting to go out, over all connections

    std::chrono::milliseconds header_timeout{10'000};  // from the first byte (or the start) to the last; 408
    std::chrono::milliseconds body_timeout{30'000};    // from the header's end to the body's; 408
    std::chrono::milliseconds idle_timeout{75'000};    // between requests; closed silently
    std::chrono::milliseconds write_stall_timeout{
        10'000};  // a client that takes nothing for so long is closed

    // Makes the server's own answers (400, 408, 413, 431, 500, 501, 503, 505, …). Default: plain text.
    std::function<Response(int status, std::string_view why)> error_body;
    // Gets a line for what an operator may want to know. Called on any I/O thread.
    std::function<void(std::string_view)> log;
};

struct Stats {
    std::uint64_t connections_open;
    std::uint64_t connections_accepted;
    std::uint64_t connections_refused;  // over max_connections
    std::uint64_t requests;             // handed to the handler
    std::uint64_t requests_refused;     // answered by the server itself
    std::uint64_t timeouts;             // connections closed or answered 408 because of a deadline
    std::uint64_t bytes_buffered;
};

class Server {
public:
    Server(Options options, Handler handler);
    ~Server();  // stop() without grace
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens and returns; throws std::runtime_error naming the address if it cannot.
    void start();
    std::uint16_t port() const;  // after start()

    // Accepts no more, finishes the requests that have begun for as long as `grace`, closes the rest and
    // joins the threads. Answers sent afterwards are dropped. Not to be called by a handler.
    void stop(std::chrono::milliseconds grace);

    Stats stats() const;

private:
    struct Running;
    std::unique_ptr<Running> running_;
};

}  // namespace boxoffice::http

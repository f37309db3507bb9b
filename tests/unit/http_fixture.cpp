#include "http_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <utility>

using boxoffice::http::Options;
using boxoffice::http::Request;
using boxoffice::http::Responder;

namespace http_fixture {

Client::Client(std::uint16_t port, int receive_buffer) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0)
        setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval limit{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("the test client cannot connect");
}

Client::~Client() {
    close();
}

bool Client::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void Client::finish_sending() const {
    shutdown(fd_, SHUT_WR);
}

void Client::reset() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void Client::close() {
    if (fd_ >= 0)
        ::close(std::exchange(fd_, -1));
}

bool Client::is_readable(std::chrono::milliseconds within) const {
    pollfd waiting{fd_, POLLIN, 0};
    return poll(&waiting, 1, static_cast<int>(within.count())) > 0;
}

std::string Client::read_some(std::size_t most) {
    std::string bytes(most, '\0');
    const ssize_t count = is_readable(5s) ? recv(fd_, bytes.data(), most, 0) : 0;
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
}

std::string Client::read_all(std::chrono::milliseconds quiet) {
    std::string all = std::exchange(unread_, {});
    while (is_readable(quiet)) {
        const std::string bytes = read_some(1 << 16);
        if (bytes.empty())
            break;
        all += bytes;
    }
    return all;
}

bool Client::is_closed() {
    return unread_.empty() && is_readable(5s) && read_some(1).empty();
}

Reply Client::read_reply(bool to_head) {
    std::size_t end;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
        const std::string bytes = read_some(1 << 16);
        if (bytes.empty())
            return {};
        unread_ += bytes;
    }
    Reply reply;
    reply.status = status_of(unread_);
    for (std::size_t start = unread_.find("\r\n") + 2; start < end;) {
        const std::size_t line_end = unread_.find("\r\n", start);
        const std::size_t colon = unread_.find(':', start);
        std::string name = unread_.substr(start, colon - start);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        reply.headers[name] = unread_.substr(colon + 2, line_end - colon - 2);
        start = line_end + 2;
    }
    unread_.erase(0, end + 4);
    const auto length = reply.headers.find("content-length");
    const std::size_t size =
        to_head || length == reply.headers.end() ? 0 : std::strtoul(length->second.c_str(), nullptr, 10);
    while (unread_.size() < size) {
        const std::string bytes = read_some(1 << 16);
        if (bytes.empty())
            return {};
        unread_ += bytes;
    }
    reply.body = unread_.substr(0, size);
    unread_.erase(0, size);
    return reply;
}

EchoServer::EchoServer(Options options)
    : thread_([this] { answer_later(); }),
      server(with_log(std::move(options)), [this](Request&& request, Responder responder) {
          answer(std::move(request), std::move(responder));
      }) {
    server.start();
}

EchoServer::~EchoServer() {
    server.stop(0ms);
    {
        const std::lock_guard lock(mutex_);
        done_ = true;
    }
    thread_.join();
}

Options EchoServer::with_log(Options options) {
    options.log = [this](std::string_view line) {
        const std::lock_guard lock(mutex_);
        logged_.emplace_back(line);
    };
    return options;
}

std::vector<std::string> EchoServer::logged() {
    const std::lock_guard lock(mutex_);
    return logged_;
}

std::vector<Responder> EchoServer::held() {
    const std::lock_guard lock(mutex_);
    return std::exchange(held_, {});
}

bool EchoServer::wait_for_held(std::size_t count) {
    return eventually([&] {
        const std::lock_guard lock(mutex_);
        return held_.size() >= count;
    });
}

void EchoServer::answer(Request&& request, Responder responder) {
    std::string text = request.method + "\n" + request.path + "\n" + request.query + "\n" + request.body;
    if (request.path == "/peer") {
        responder.send({200, {}, request.remote_address});
    } else if (request.path == "/later") {
        const std::lock_guard lock(mutex_);
        later_.emplace_back(std::move(responder), std::move(text));
    } else if (request.path == "/hold") {
        const std::lock_guard lock(mutex_);
        held_.push_back(std::move(responder));
    } else if (request.path == "/big") {
        responder.send({200, {}, std::string(20'000'000, 'b')});
    } else if (request.path == "/shared") {
        responder.send({200, {}, {}, shared_});
    } else if (request.path == "/empty") {
        responder.send({204, {}, "never sent"});
    } else if (request.path == "/unchanged") {
        responder.send({304, {{"ETag", "\"1\""}}, "never sent"});
    } else if (request.path == "/throw") {
        throw std::runtime_error("thrown by a handler");
    } else if (request.path == "/twice") {
        responder.send({200, {}, "first"});
        responder.send({200, {}, "second"});
    } else if (request.path == "/break") {
        responder.send({200, {{"Location", "/\r\nSet-Cookie: a=b"}}, text});
    } else if (request.path != "/drop") {
        responder.send({200, {{"Content-Type", "text/plain"}}, std::move(text)});
    }
}

void EchoServer::answer_later() {
    for (bool done = false; !done; std::this_thread::sleep_for(1ms)) {
        decltype(later_) batch;
        {
            const std::lock_guard lock(mutex_);
            batch.swap(later_);
            done = done_;
        }
        for (auto& [responder, text] : batch)
            responder.send({200, {}, std::move(text)});
    }
}

std::string exchange(std::uint16_t port, std::string_view bytes) {
    Client client(port);
    client.send(bytes);
    return client.read_all();
}

int status_of(std::string_view response) {
    int status = 0;
    if (response.starts_with("HTTP/1.1 "))
        std::from_chars(response.data() + 9, response.data() + response.size(), status);
    return status;
}

bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 5000; ++i) {
        if (condition())
            return true;
        std::this_thread::sleep_for(1ms);
    }
    return condition();
}

}  // namespace http_fixture

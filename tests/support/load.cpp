#include "support/load.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace boxoffice::test {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {
        if (fd < 0) {
            throw std::system_error(errno, std::generic_category());
        }
    }
    ~Descriptor() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

sockaddr_in address_of(std::string_view url) {
    url.remove_prefix(std::min(url.size(), url.find("://") + 3));
    const auto colon = url.find(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::uint16_t port = 0;
    if (colon == std::string_view::npos ||
        inet_pton(AF_INET, std::string(url.substr(0, colon)).c_str(), &address.sin_addr) != 1 ||
        std::from_chars(url.data() + colon + 1, url.data() + url.size(), port).ec != std::errc()) {
        throw std::runtime_error("not http://ADDRESS:PORT: " + std::string(url));
    }
    address.sin_port = htons(port);
    return address;
}

// One keep-alive connection: a request out, its answer in.
class Client {
public:
    explicit Client(const sockaddr_in& address) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const int on = 1;
        setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::system_error(errno, std::generic_category(), "connect");
        }
    }

    int fd() const { return socket_.get(); }
    std::string& request() { return request_; }
    int status() const { return status_; }
    const std::string& body() const { return body_; }

    // Requests are small: one send takes all of it.
    void send_request() {
        if (::send(fd(), request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size())) {
            throw std::system_error(errno, std::generic_category(), "send");
        }
        request_.clear();
        head_.clear();
        body_.clear();
        is_in_body_ = false;
    }

    // Takes what has come; true once the answer is whole. `keeps_body`: so that body() has it.
    bool receive(bool keeps_body) {
        static thread_local std::array<char, 256 * 1024> buffer;
        const ssize_t count = recv(fd(), buffer.data(), buffer.size(), 0);
        if (count <= 0) {
            throw std::runtime_error("the server has closed the connection");
        }
        std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
        if (!is_in_body_) {
            head_ += bytes;
            const auto end = head_.find("\r\n\r\n");
            if (end == std::string::npos) {
                return false;
            }
            read_head(std::string_view(head_).substr(0, end + 2));
            bytes.remove_prefix(bytes.size() - (head_.size() - end - 4));
        }
        if (keeps_body) {
            body_ += bytes;
        }
        left_ -= std::min(left_, bytes.size());
        return left_ == 0;
    }

private:
    void read_head(std::string_view head) {
        is_in_body_ = true;
        std::from_chars(head.data() + 9, head.data() + 12, status_);
        bool has_length = status_ == 204;  // that one has no body
        for (auto line = head.find("\r\n") + 2; line < head.size(); line = head.find("\r\n", line) + 2) {
            const auto colon = head.find(':', line);
            if (http::same_name(head.substr(line, colon - line), "Content-Length")) {
                has_length = true;
                std::from_chars(head.data() + head.find_first_not_of(' ', colon + 1), head.data() + head.size(), left_);
            }
        }
        if (!has_length) {
            throw std::runtime_error("an answer without Content-Length");
        }
    }

    Descriptor socket_;
    std::string request_;
    std::string head_;
    std::string body_;
    int status_ = 0;
    std::size_t left_ = 0;
    bool is_in_body_ = false;
};

}  // namespace

std::string Answers::text() const {
    std::string text;
    for (const auto& [status, count] : by_status) {
        text += (text.empty() ? "" : ", ") + std::to_string(status) + ": " + std::to_string(count);
    }
    return text;
}

Answers run(const Load& load) {
    const sockaddr_in address = address_of(load.url);
    const Descriptor epoll(epoll_create1(0));
    std::vector<Client> clients;
    clients.reserve(static_cast<std::size_t>(load.clients));
    for (int n = 0; n < load.clients; ++n) {
        Client& client = clients.emplace_back(address);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = static_cast<std::uint64_t>(n)}};
        epoll_ctl(epoll.get(), EPOLL_CTL_ADD, client.fd(), &event);
    }

    std::uint64_t sent = 0;
    const auto send_next = [&](Client& client) {
        load.request(sent++, client.request());
        client.send_request();
    };
    Answers answers;
    const auto begin = Clock::now();
    const auto end = begin + load.duration;
    for (Client& client : clients) {
        send_next(client);
    }
    auto now = begin;
    std::array<epoll_event, 64> events{};
    while (answers.total < sent) {
        const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 10'000);
        if (count == 0) {
            throw std::runtime_error("no answer for ten seconds");
        }
        now = Clock::now();
        for (int n = 0; n < count; ++n) {
            Client& client = clients[events[static_cast<std::size_t>(n)].data.u64];
            if (client.receive(/*keeps_body=*/false)) {
                ++answers.total;
                ++answers.by_status[client.status()];
                if (now < end) {
                    send_next(client);
                }
            }
        }
    }
    answers.seconds = std::chrono::duration<double>(now - begin).count();
    return answers;
}

std::string head(const std::string& method, const std::string& target, const std::string& token) {
    return method + ' ' + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n" +
           (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n");
}

std::string fetch(const std::string& url, const std::string& target) {
    Client client(address_of(url));
    client.request() = head("GET", target) + "\r\n";
    client.send_request();
    while (!client.receive(/*keeps_body=*/true)) {
    }
    if (client.status() != 200) {
        throw std::runtime_error(target + " is answered " + std::to_string(client.status()));
    }
    return client.body();
}

}  // namespace boxoffice::test

#include "support/storm.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace storm {

namespace {

constexpr std::string_view mark = "storm-";
constexpr std::size_t token_size = mark.size() + 16;

std::string make_token(std::mt19937_64& random) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(random()));
    return std::string(mark) + digits;
}

// One client connection with at most one request under way.
class Visitor {
public:
    Visitor(const Plan& plan, std::mt19937_64& random)
        : plan_(plan), token_(make_token(random)), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        const int on = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const timeval limit{10, 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (plan.address.starts_with("127.")) {  // many sources, or the ports of one are soon used up
            setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
            address.sin_addr.s_addr = htonl(0x7F000002u + static_cast<std::uint32_t>(random() % 200));
            if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
                return;
        }
        address.sin_port = htons(plan.port);
        inet_pton(AF_INET, plan.address.c_str(), &address.sin_addr);
        connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Visitor() { end(); }
    Visitor(Visitor&& other) noexcept
        : plan_(other.plan_),
          token_(std::move(other.token_)),
          socket_(std::exchange(other.socket_, -1)),
          connected_(other.connected_) {}
    Visitor(const Visitor&) = delete;

    // False if the server does not take it. `most` cuts the request short.
    bool ask(std::size_t most = std::string::npos) {
        std::string path = plan_.path;
        path.replace(path.find("{token}"), 7, token_);
        const std::string request =
            ("GET " + path + " HTTP/1.1\r\nHost: storm\r\nAccept: application/json\r\n\r\n").substr(0, most);
        return connected_ && send(socket_, request.data(), request.size(), MSG_NOSIGNAL) ==
                                 static_cast<ssize_t>(request.size());
    }

    // The next answer's body; nothing if it does not come whole.
    std::optional<std::string> answer() {
        std::string bytes;
        for (;;) {
            const std::size_t head = bytes.find("\r\n\r\n");
            const std::size_t length = bytes.find("\r\nContent-Length: ");
            if (head != std::string::npos) {
                if (length == std::string::npos || length > head)
                    return std::nullopt;
                if (bytes.size() >= head + 4 + std::strtoul(bytes.c_str() + length + 18, nullptr, 10))
                    return bytes.substr(head + 4);
            }
            char buffer[4096];
            const ssize_t count = recv(socket_, buffer, sizeof buffer, 0);
            if (count <= 0)
                return std::nullopt;
            bytes.append(buffer, static_cast<std::size_t>(count));
        }
    }

    void check_answer(Counts& counts) {
        const std::optional<std::string> body = answer();
        const std::size_t found = body ? body->find(mark) : std::string::npos;
        if (!body)
            ++counts.silent;
        else if (found == std::string::npos)
            ++counts.wrong;
        else if (body->substr(found, token_size) != token_)
            ++counts.foreign;
        else
            ++counts.checked;
    }

    void renew_token(std::mt19937_64& random) { token_ = make_token(random); }

    // With a reset instead of an orderly end.
    void reset() {
        const linger at_once{1, 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        end();
    }

    void end() {
        if (socket_ >= 0)
            close(std::exchange(socket_, -1));
    }

private:
    const Plan& plan_;
    std::string token_;
    int socket_;
    bool connected_ = false;
};

// Hangs up before the answer has been read, in one of five ways.
void hang_up(Visitor& visitor, std::mt19937_64& random, Counts& counts) {
    const auto way = random() % 5;
    if (way == 0) {
        visitor.end();  // right after connecting
    } else {
        visitor.ask(way == 1 ? 1 + random() % 20 : std::string::npos);
        if (way == 4)
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
        if (way == 2)
            visitor.end();
        else
            visitor.reset();
    }
    ++counts.hung_up;
}

void run_share(const Plan& plan, long connections, std::uint64_t seed, Counts& counts) {
    std::mt19937_64 random(seed);
    while (connections > 0) {
        const long count = std::min<long>(connections, plan.at_once);
        connections -= count;
        std::vector<Visitor> asked;
        for (long i = 0; i < count; ++i) {
            Visitor visitor(plan, random);
            if (random() % 4 == 0)
                hang_up(visitor, random, counts);
            else if (visitor.ask())
                asked.push_back(std::move(visitor));
            else
                ++counts.failed;
        }
        for (Visitor& visitor : asked) {
            visitor.check_answer(counts);
            if (random() % 4 == 0) {  // once more on the same connection
                visitor.renew_token(random);
                if (visitor.ask())
                    visitor.check_answer(counts);
                else
                    ++counts.failed;
            }
        }
    }
}

}  // namespace

Counts run(const Plan& plan) {
    if (plan.path.find("{token}") == std::string::npos)
        throw std::invalid_argument("the path has no {token}");
    std::vector<Counts> shares(static_cast<std::size_t>(plan.threads));
    std::vector<std::thread> threads;
    std::random_device seed;
    for (int i = 0; i < plan.threads; ++i) {
        const long connections = plan.connections / plan.threads + (i < plan.connections % plan.threads);
        threads.emplace_back(run_share, std::cref(plan), connections, std::uint64_t{seed()} << 32 | seed(),
                             std::ref(shares[static_cast<std::size_t>(i)]));
    }
    for (std::thread& thread : threads)
        thread.join();
    Counts all;
    for (const Counts& share : shares) {
        all.checked += share.checked;
        all.hung_up += share.hung_up;
        all.foreign += share.foreign;
        all.wrong += share.wrong;
        all.silent += share.silent;
        all.failed += share.failed;
    }
    return all;
}

}  // namespace storm

// Holds a second on a show with 1,000 listeners, against the same with none: 64 keep-alive clients, a place each, a new show
// each turn. Every listener is told of every place, so that this is the most that there can be to tell.
//
// Before that, how long it takes from a hold's commit to the listeners: one hold after the other, at uneven times; from when
// its answer was read, which follows the commit, to when each of them has read the message.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int listeners = 1'000;
constexpr int samples = 30;
constexpr int sample_places = 10'000;
constexpr int clients = 64;
constexpr int places = 40'000;
constexpr int buyer_count = 20'000;
constexpr auto body = R"({"quantity":1})";

// EventSource connections to a show's channel, read by one thread.
class Crowd {
public:
    explicit Crowd(std::int64_t show_id) : poll_(epoll_create1(0)) {
        const std::string url = setting("BOXOFFICE_URL");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const std::string request = "GET /live/shows/" + std::to_string(show_id) +
                                    " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
        for (int i = 0; i < listeners; ++i) {
            const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
            sockets_.push_back(socket);
            if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
                send(socket, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) {
                throw std::runtime_error("the gateway cannot be reached");
            }
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.fd = socket;
            epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
        }
        thread_ = std::jthread([this](const std::stop_token& stop) { read(stop); });
        while (opened_ < listeners) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }

    ~Crowd() {
        thread_.request_stop();
        thread_.join();
        for (const int socket : sockets_) {
            close(socket);
        }
        close(poll_);
    }

    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // When each message was read by each listener, since the last call.
    std::vector<Clock::time_point> heard() {
        const std::lock_guard lock(mutex_);
        return std::exchange(heard_, {});
    }

private:
    void read(const std::stop_token& stop) {
        std::array<epoll_event, 256> events{};
        std::array<char, 1 << 16> bytes{};
        while (!stop.stop_requested()) {
            const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 50);
            for (int i = 0; i < count; ++i) {
                const ssize_t size = recv(events.at(static_cast<std::size_t>(i)).data.fd, bytes.data(), bytes.size(), 0);
                const std::string_view text(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
                if (text.starts_with("HTTP/1.1 200")) {
                    ++opened_;
                }
                if (text.find("\"seats\"") != std::string_view::npos) {
                    const std::lock_guard lock(mutex_);
                    heard_.push_back(Clock::now());
                }
            }
        }
    }

    const int poll_;
    std::vector<int> sockets_;
    std::atomic<int> opened_{0};
    std::mutex mutex_;
    std::vector<Clock::time_point> heard_;  // guarded by mutex_
    std::jthread thread_;
};

std::string hold(std::int64_t show_id, std::int64_t buyer) {
    return head("POST", "/api/v1/shows/" + std::to_string(show_id) + "/holds", House::token_of(buyer)) +
           "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body;
}

Turn held(House& house, const std::vector<std::int64_t>& buyers, bool is_watched) {
    const std::int64_t show_id = house.general_show(places);
    const auto crowd = is_watched ? std::make_unique<Crowd>(show_id) : nullptr;
    return measure({.url = setting("BOXOFFICE_SERVER_URL"),
                    .clients = clients,
                    .duration = turn_length(),
                    .request = [&](auto number, auto& bytes) { bytes += hold(show_id, buyers[number % buyers.size()]); }},
                   201, processes({"server", "postgres", "gateway", "worker"}));
}

// Milliseconds from a hold's answer to each listener, sorted.
std::vector<double> latencies(House& house, const std::vector<std::int64_t>& buyers) {
    const std::int64_t show_id = house.general_show(sample_places);
    Crowd crowd(show_id);
    std::mt19937 random(1);
    std::vector<double> all;
    for (std::size_t number = 0; number < samples; ++number) {
        std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 200));
        crowd.heard();
        const std::string request = hold(show_id, buyers[number]);
        // One request: when it is answered the turn is over.
        run({.url = setting("BOXOFFICE_SERVER_URL"),
             .clients = 1,
             .duration = std::chrono::milliseconds(0),
             .request = [&](auto, auto& bytes) { bytes += request; }});
        const auto committed = Clock::now();
        std::this_thread::sleep_for(std::chrono::milliseconds(900));
        const auto heard = crowd.heard();
        if (heard.size() < listeners) {
            throw std::runtime_error("only " + std::to_string(heard.size()) + " listeners heard of a hold");
        }
        for (const auto at : heard) {
            all.push_back(std::chrono::duration<double, std::milli>(at - committed).count());
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace

int main() {
    House house;
    const auto buyers = house.buyers(buyer_count);
    const auto sorted = latencies(house, buyers);
    const auto share = [&](double part) { return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))]; };
    std::fprintf(stderr, "from a hold's answer to %d listeners: p50 %.0f ms, p99 %.0f ms, longest %.0f ms\n", listeners,
                 share(0.5), share(0.99), sorted.back());
    const int status = compare({.name = "live",
                                .unit = "holds/s",
                                .least = 0.9,
                                .a = [&] { return held(house, buyers, true); },
                                .b = [&] { return held(house, buyers, false); }});
    if (share(0.99) >= 400) {
        std::printf("{\"name\": \"live\", \"fault\": \"p99 from a hold to the listeners is %.0f ms, not under 400\"}\n",
                    share(0.99));
    }
    return status;
}

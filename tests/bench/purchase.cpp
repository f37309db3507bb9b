// Whole purchases a second on one show: a client holds a place, pays with a token of the provider, asks until the booking is
// paid, and has its ticket. Over HTTP to the server, 64 clients; durable, and the payment sandbox works on the same machine. Against
// the 135 a second that TigerFans published (TigerBeetle, Redis and PostgreSQL on a larger machine).
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <rapidjson/document.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;
using namespace std::chrono_literals;

namespace {

constexpr int clients = 64;
constexpr int places = 10'000;
constexpr std::uint64_t asked_for = 135;
constexpr std::chrono::milliseconds first_pause = 20ms;  // before the question whether it is paid; then twice as long each time, up to
constexpr std::chrono::milliseconds longest_pause = 160ms;

// One buyer after the other on one keep-alive connection.
class Client {
public:
    explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("the server does not listen");
        }
    }
    ~Client() { close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // The answer's JSON; throws unless its status is this one.
    rapidjson::Document ask(const std::string& status, const std::string& method, const std::string& path, const std::string& token,
                    const std::string& json = {}) {
        std::string request = head(method, path, token);
        if (!json.empty()) {
            request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n";
        }
        request += "\r\n" + json;
        if (send(fd_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
            throw std::runtime_error("the server has closed the connection");
        }
        std::string answer;
        auto end = std::string::npos;
        while ((end = answer.find("\r\n\r\n")) == std::string::npos) {
            receive(answer);
        }
        const auto length = answer.find("Content-Length: ");
        const std::size_t size = end + 4 + (length < end ? std::stoul(answer.substr(length + 16)) : 0);
        while (answer.size() < size) {
            receive(answer);
        }
        if (answer.substr(9, 3) != status) {
            throw std::runtime_error(method + " " + path + ": " + answer);
        }
        rapidjson::Document document;
        document.Parse(answer.c_str() + end + 4);
        return document;
    }

    void buy(const std::string& show, const std::string& token) {
        const auto held = ask("201", "POST", "/api/v1/shows/" + show + "/holds", token, R"({"quantity":1})");
        const std::string booking = std::string("/api/v1/bookings/") + held["booking_id"].GetString();
        ask("202", "POST", booking + "/payments", token, R"({"payment_method":"pm_card_visa"})");
        std::string status = "paying";
        for (auto pause = first_pause; status == "paying"; pause = std::min(pause * 2, longest_pause)) {
            std::this_thread::sleep_for(pause);
            const auto answer = ask("200", "GET", booking, token);
            status = answer["status"].GetString();
            if (status != "paying" && (status != "paid" || answer["tickets"].Size() != 1)) {
                throw std::runtime_error("a booking is " + status + ", and its ticket is not there");
            }
        }
    }

private:
    void receive(std::string& answer) const {
        char buffer[16384];
        const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
        if (count <= 0) {
            throw std::runtime_error("the server has closed the connection");
        }
        answer.append(buffer, static_cast<std::size_t>(count));
    }

    const int fd_;
};

}  // namespace

int main() {
    House house;
    const std::string url = setting("BOXOFFICE_SERVER_URL");
    const auto port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));

    const auto buy_all = [&] {
        const std::string show = std::to_string(house.general_show(places));
        const auto buyers = house.buyers(places / 10);
        const auto parts = processes({"server", "worker", "sandbox", "postgres"});
        std::atomic<std::uint64_t> begun = 0;
        Turn turn;
        const double cpu_before = cpu_seconds(parts);
        const auto start = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> threads;
            for (int n = 0; n < clients; ++n) {
                threads.emplace_back([&] {
                    Client client(port);
                    while (std::chrono::steady_clock::now() < start + turn_length()) {
                        client.buy(show, House::token_of(buyers[begun++ % buyers.size()]));
                    }
                });
            }
        }
        turn.count = begun;
        turn.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        turn.cpu_seconds = cpu_seconds(parts) - cpu_before;
        return turn;
    };
    return compare({.name = "purchase",
                    .unit = "purchases/s",
                    .least = 1,
                    .a = buy_all,
                    .b = [] { return Turn{.count = asked_for, .seconds = 1, .cpu_seconds = 0}; }});
}

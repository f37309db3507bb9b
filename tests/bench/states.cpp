// The seat states of a show of 2,000 seats through the gateway, against nginx serving the same bytes from a file; while both
// run, seats of the show are held, fifty a second.
#include <thread>

#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

namespace {

constexpr auto body = R"({"quantity":1})";

}  // namespace

int main() {
    House house;
    const std::string show = "/api/v1/shows/" + std::to_string(house.seated_show(40, 50));
    const auto buyers = house.buyers(2'000);
    const std::string gateway = setting("BOXOFFICE_URL");
    const FileServer files(fetch(gateway, show + "/seats"));

    std::uint64_t held = 0;
    const auto hold_seats = [&] {
        auto next = std::chrono::steady_clock::now();
        held += run({.url = setting("BOXOFFICE_SERVER_URL"),
                     .clients = 1,
                     .duration = turn_length(),
                     .request =
                         [&](auto number, auto& bytes) {
                             std::this_thread::sleep_until(next += std::chrono::milliseconds(20));
                             bytes += head("POST", show + "/holds", House::token_of(buyers[(held + number) % buyers.size()])) +
                                      "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body;
                         }})
                    .total;
    };
    const auto get = [&](const std::string& url, const std::string& target, const std::vector<int>& processes) {
        const std::string request = head("GET", target) + "\r\n";
        const std::jthread holding(hold_seats);
        return measure({.url = url,
                        .clients = 32,
                        .duration = turn_length(),
                        .request = [&](auto, auto& bytes) { bytes += request; }},
                       200, processes);
    };
    return compare({.name = "states",
                    .unit = "answers/s",
                    .least = 0.7,
                    .a = [&] { return get(gateway, show + "/seats", processes({"gateway", "server", "postgres"})); },
                    .b = [&] { return get(files.url(), "/file", {files.process()}); }});
}

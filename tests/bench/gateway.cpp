// What the gateway adds: A, holds of one place each on one show through the gateway; B, the same to the server directly. 64 keep-alive
// clients, coalesced, durable; nothing is sold out. Each turn has a show of its own.
#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

namespace {

constexpr int clients = 64;
constexpr int places = 100'000;
constexpr int buyer_count = 20'000;  // ten places each are a show and more
constexpr auto body = R"({"quantity":1})";

}  // namespace

int main() {
    House house;
    std::vector<std::string> heads;
    for (const auto buyer : house.buyers(buyer_count)) {
        heads.push_back("Authorization: Bearer " + House::token_of(buyer) +
                        "\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body);
    }
    const auto hold_at = [&](const char* url, const std::vector<std::string>& parts) {
        const std::string line = head("POST", "/api/v1/shows/" + std::to_string(house.general_show(places)) + "/holds");
        return measure({.url = setting(url),
                        .clients = clients,
                        .duration = turn_length(),
                        .request = [&](auto number, auto& bytes) { bytes += line + heads[number % heads.size()]; }},
                       201, processes(parts));
    };
    return compare({.name = "gateway",
                    .unit = "holds/s",
                    .least = 0.75,
                    .a = [&] { return hold_at("BOXOFFICE_URL", {"gateway", "server", "postgres"}); },
                    .b = [&] { return hold_at("BOXOFFICE_SERVER_URL", {"server", "postgres"}); }});
}

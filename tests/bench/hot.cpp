// One show that everybody wants: A, holds of one place each over HTTP to the server, 64 keep-alive clients, coalesced; B, pgbench with
// as many clients calling the single hold's function. Both are durable; nothing is sold out. Each turn has a show of its own.
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
    const auto buyers = house.buyers(buyer_count);
    std::vector<std::string> heads;
    for (const auto buyer : buyers) {
        heads.push_back("Authorization: Bearer " + House::token_of(buyer) +
                        "\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body);
    }
    const auto over_http = [&] {
        const std::string line = head("POST", "/api/v1/shows/" + std::to_string(house.general_show(places)) + "/holds");
        return measure({.url = setting("BOXOFFICE_SERVER_URL"),
                        .clients = clients,
                        .duration = turn_length(),
                        .request = [&](auto number, auto& bytes) { bytes += line + heads[number % heads.size()]; }},
                       201, processes({"server", "postgres"}));
    };
    const auto by_pgbench = [&] {
        return measure_pgbench(
            "\\set n :n + 1\n"
            "\\set buyer :first_buyer + (:n * :clients + :client_id) % :buyers\n"
            "select api.create_hold(:buyer, :show, p_quantity => 1);\n",
            clients,
            {"n=0", "first_buyer=" + std::to_string(buyers.front()), "buyers=" + std::to_string(buyer_count),
             "clients=" + std::to_string(clients), "show=" + std::to_string(house.general_show(places))});
    };
    return compare({.name = "hot", .unit = "holds/s", .least = 3, .a = over_http, .b = by_pgbench});
}

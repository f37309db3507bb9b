// Sales as they are on most days: A, holds of one place each over HTTP to the server, 32 keep-alive clients, spread over many shows; B,
// pgbench with as many clients calling the same function. Both are durable. Each turn has shows of its own.
#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

namespace {

constexpr int clients = 32;
constexpr int show_count = 64;
constexpr int places = 1'000;
constexpr int buyer_count = 5'000;
constexpr auto body = R"({"quantity":1})";

// Their ids follow each other.
std::int64_t make_shows(House& house) {
    const std::int64_t first = house.general_show(places);
    for (int n = 1; n < show_count; ++n) {
        house.general_show(places);
    }
    return first;
}

}  // namespace

int main() {
    House house;
    const auto buyers = house.buyers(buyer_count);
    std::vector<std::string> heads;
    for (const auto buyer : buyers) {
        heads.push_back("/holds HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + House::token_of(buyer) +
                        "\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body);
    }
    const auto over_http = [&] {
        const std::int64_t first = make_shows(house);
        return measure({.url = setting("BOXOFFICE_SERVER_URL"),
                        .clients = clients,
                        .duration = turn_length(),
                        .request =
                            [&](auto number, auto& bytes) {
                                bytes += "POST /api/v1/shows/" + std::to_string(first + static_cast<std::int64_t>(number % show_count)) +
                                         heads[number % heads.size()];
                            }},
                       201, processes({"server", "postgres"}));
    };
    const auto by_pgbench = [&] {
        return measure_pgbench(
            "\\set n :n + 1\n"
            "\\set show :first_show + (:n * :clients + :client_id) % :shows\n"
            "\\set buyer :first_buyer + (:n * :clients + :client_id) % :buyers\n"
            "select api.create_hold(:buyer, :show, p_quantity => 1);\n",
            clients,
            {"n=0", "first_show=" + std::to_string(make_shows(house)), "shows=" + std::to_string(show_count),
             "first_buyer=" + std::to_string(buyers.front()), "buyers=" + std::to_string(buyer_count),
             "clients=" + std::to_string(clients)});
    };
    return compare({.name = "hold", .unit = "holds/s", .least = 0.7, .a = over_http, .b = by_pgbench});
}

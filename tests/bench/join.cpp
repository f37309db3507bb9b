// Getting into the waitlists of sold-out shows: A, over HTTP, 32 keep-alive clients; B, pgbench with as many clients calling the same
// function. Both are durable. Each turn has shows of its own.
#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

namespace {

constexpr int clients = 32;
constexpr int show_count = 64;
constexpr int buyer_count = 4'999;  // nobody joins the same show twice
constexpr auto body = R"({"quantity":1})";

// Of one place each, which the first buyer holds. Their ids follow each other.
std::int64_t make_sold_out_shows(House& house, std::int64_t holder) {
    std::int64_t first = 0;
    for (int n = 0; n < show_count; ++n) {
        const std::int64_t show = house.general_show(1);
        first = n == 0 ? show : first;
        house.session().rows("sales.hold_seats", {std::to_string(show), std::to_string(holder), std::nullopt, "1"});
    }
    return first;
}

}  // namespace

int main() {
    House house;
    const auto holder = house.buyers(1).front();
    const auto buyers = house.buyers(buyer_count);
    std::vector<std::string> heads;
    for (const auto buyer : buyers) {
        heads.push_back("/waitlist HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + House::token_of(buyer) +
                        "\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body);
    }
    const auto over_http = [&] {
        const std::int64_t first = make_sold_out_shows(house, holder);
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
            "select api.join_waitlist(:buyer, :show, 1);\n",
            clients,
            {"n=0", "first_show=" + std::to_string(make_sold_out_shows(house, holder)), "shows=" + std::to_string(show_count),
             "first_buyer=" + std::to_string(buyers.front()), "buyers=" + std::to_string(buyer_count),
             "clients=" + std::to_string(clients)});
    };
    return compare({.name = "join", .unit = "joins/s", .least = 0.7, .a = over_http, .b = by_pgbench});
}

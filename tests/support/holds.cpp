#include "support/holds.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

namespace boxoffice::test {

namespace {

// Clients that call this take the shows and the buyers in turns.
std::string script(const std::string& call) {
    return "\\set n :n + 1\n"
           "\\set k :n * :clients + :client_id\n"
           "\\set show :first_show + :k % :shows\n"
           "\\set buyer :first_buyer + :k % :buyers\n"
           "select " +
           call + ";\n";
}

}  // namespace

Holds::Holds(int show_count, int places, int buyer_count)
    : show_count_(show_count), places_(places), buyers_(house_.buyers(buyer_count)) {
    constexpr auto body = R"({"quantity":1})";
    for (const auto buyer : buyers_) {
        heads_.push_back("/holds HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + House::token_of(buyer) +
                         "\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body);
    }
}

Turn Holds::over_http(int clients) {
    const std::int64_t first = make_shows();
    return measure({.url = setting("BOXOFFICE_SERVER_URL"),
                    .clients = clients,
                    .duration = turn_length(),
                    .request =
                        [&](auto number, auto& bytes) {
                            const auto show = first + static_cast<std::int64_t>(number % static_cast<unsigned>(show_count_));
                            bytes += "POST /api/v1/shows/" + std::to_string(show) + heads_[number % heads_.size()];
                        }},
                   201, processes({"server", "postgres"}));
}

Turn Holds::by_pgbench(int clients) {
    return measure_pgbench(script("api.create_hold(:buyer, :show, p_quantity => 1)"), clients, variables(make_shows(), clients));
}

Turn Holds::floor(int clients) {
    if (house_.ask("select to_regnamespace('bench_floor')").empty()) {
        std::stringstream text;
        text << std::ifstream(setting("BOXOFFICE_ROOT") + "/tests/bench/floor.sql").rdbuf();
        house_.session().execute(text.str());
    }
    const auto first = std::stoll(
        house_.ask("select bench_floor.make_shows(" + std::to_string(show_count_) + ", " + std::to_string(places_) + ")"));
    return measure_pgbench(script("bench_floor.hold(:show, :buyer, 1 + :k * 7919 % " + std::to_string(places_) + ")"), clients,
                           variables(first, clients));
}

int Holds::best(const std::vector<int>& candidates, const std::function<Turn(int)>& turn) {
    int best = 0;
    double most = 0;
    for (const int clients : candidates) {
        const Turn done = turn(clients);
        const double rate = static_cast<double>(done.count) / done.seconds;
        std::cerr << clients << " clients: " << static_cast<long>(rate) << "/s\n";
        if (rate > most) {
            most = rate;
            best = clients;
        }
    }
    return best;
}

std::int64_t Holds::make_shows() {
    const std::int64_t first = house_.general_show(places_);
    for (int n = 1; n < show_count_; ++n) {
        house_.general_show(places_);
    }
    return first;
}

std::vector<std::string> Holds::variables(std::int64_t first_show, int clients) const {
    return {"n=0",
            "first_show=" + std::to_string(first_show),
            "shows=" + std::to_string(show_count_),
            "first_buyer=" + std::to_string(buyers_.front()),
            "buyers=" + std::to_string(buyers_.size()),
            "clients=" + std::to_string(clients)};
}

}  // namespace boxoffice::test

// Holds of one place each, spread over many shows or all on one, made in the ways that benchmarks compare: over HTTP, by pgbench calling
// the function of a single hold, and by pgbench calling the floor (tests/bench/floor.sql). Each turn has shows of its own, not sold out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/bench.hpp"
#include "support/house.hpp"

namespace boxoffice::test {

class Holds {
public:
    // Each turn's holds go to `show_count` shows of `places` places.
    Holds(int show_count, int places, int buyer_count);

    // To the server, with keep-alive clients.
    Turn over_http(int clients);

    Turn by_pgbench(int clients);

    Turn floor(int clients);

    // Of `candidates` the number of clients with which `turn` does most.
    static int best(const std::vector<int>& candidates, const std::function<Turn(int)>& turn);

private:
    std::int64_t make_shows();
    std::vector<std::string> variables(std::int64_t first_show, int clients) const;

    House house_;
    int show_count_;
    int places_;
    std::vector<std::int64_t> buyers_;
    std::vector<std::string> heads_;  // of a request, a buyer each, from behind the show's id on
};

}  // namespace boxoffice::test

// Many clients do not get in each other's way: A, pgbench calling the single hold's function, spread over many shows, with 32 clients;
// B, with the best of 2, 4 and 8. Neither is durable, since waiting for the disk would hide what waiting for each other costs.
#include <chrono>
#include <cstdlib>
#include <string>

#include "support/holds.hpp"

using namespace boxoffice::test;

int main() {
    // The plans of a new session take it 12 ms; 32 of them would be a tenth of a short turn.
    setenv("BOXOFFICE_BENCH_SECONDS", std::to_string(3 * (turn_length() / std::chrono::seconds(1))).c_str(), 1);
    setenv("PGOPTIONS", "-c synchronous_commit=off", 1);
    Holds holds(64, 1'000, 5'000);
    const int best = Holds::best({2, 4, 8}, [&](int clients) { return holds.by_pgbench(clients); });
    return compare({.name = "crowd",
                    .unit = "holds/s",
                    .least = 0.95,
                    .a = [&] { return holds.by_pgbench(32); },
                    .b = [&] { return holds.by_pgbench(best); }});
}

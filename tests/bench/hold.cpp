// Sales as they are on most days: A, holds of one place each over HTTP to the server, 32 keep-alive clients, spread over many shows; B,
// pgbench with as many clients calling the same function. Both are durable.
#include "support/holds.hpp"

using namespace boxoffice::test;

int main() {
    constexpr int clients = 32;
    Holds holds(64, 1'000, 5'000);
    return compare({.name = "hold",
                    .unit = "holds/s",
                    .least = 0.7,
                    .a = [&] { return holds.over_http(clients); },
                    .b = [&] { return holds.by_pgbench(clients); }});
}

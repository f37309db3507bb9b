// One show that everybody wants: A, holds of one place each over HTTP to the server, 64 keep-alive clients, coalesced; B, pgbench with
// as many clients calling the floor. Both are durable.
#include "support/holds.hpp"

using namespace boxoffice::test;

int main() {
    constexpr int clients = 64;
    Holds holds(1, 100'000, 20'000);  // ten places each are a show and more
    return compare({.name = "hot",
                    .unit = "holds/s",
                    .least = 2.5,
                    .a = [&] { return holds.over_http(clients); },
                    .b = [&] { return holds.floor(clients); }});
}

// What a hold costs over what it must cost: A, holds of one place each over HTTP to the server, 32 keep-alive clients, spread over many
// shows; B, pgbench calling the floor with that number of clients with which it does most. Both are durable.
#include "support/holds.hpp"

using namespace boxoffice::test;

int main() {
    Holds holds(64, 1'000, 5'000);
    const int best = Holds::best({2, 4, 8, 16, 32}, [&](int clients) { return holds.floor(clients); });
    return compare({.name = "floor",
                    .unit = "holds/s",
                    .least = 0.6,
                    .a = [&] { return holds.over_http(32); },
                    .b = [&] { return holds.floor(best); }});
}

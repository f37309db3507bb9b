// boxoffice_http_storm ADDRESS PORT CONNECTIONS [PATH]: see support/storm.hpp. PATH holds {token} and must be
// one whose answer repeats it. Prints the counts; the exit status is 0 only if every answer was the right
// one.
#include "support/storm.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: %s ADDRESS PORT CONNECTIONS [PATH with {token}]\n", argv[0]);
        return 2;
    }
    storm::Plan plan;
    plan.address = argv[1];
    plan.port = static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10));
    plan.connections = std::strtol(argv[3], nullptr, 10);
    if (argc > 4)
        plan.path = argv[4];
    try {
        const storm::Counts counts = storm::run(plan);
        std::printf("right %ld, hung up %ld, foreign %ld, without token %ld, unanswered %ld, failed %ld\n",
                    counts.checked, counts.hung_up, counts.foreign, counts.wrong, counts.silent,
                    counts.failed);
        return counts.is_clean() && counts.checked > 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}

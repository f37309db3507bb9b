// A crowd of short connections of which a quarter hang up early, in all the ways a client can. The others ask
// for a path with a token of their own, and every answer must hold that token: an answer that reached the
// wrong client is found by its token.
#pragma once

#include <cstdint>
#include <string>

namespace storm {

struct Plan {
    std::string address = "127.0.0.1";  // numeric, IPv4
    std::uint16_t port = 0;
    long connections = 100'000;
    std::string path = "/{token}";  // "{token}" is replaced; the answer's body must contain the token
    int threads = 8;
    int at_once = 32;  // connections open at the same time, for each thread
};

struct Counts {
    long checked = 0;  // answers that held their token
    long hung_up = 0;  // connections that were ended early, on purpose
    long foreign = 0;  // answers that held another's token
    long wrong = 0;    // answers without a token
    long silent = 0;   // no whole answer within ten seconds
    long failed = 0;   // could not connect or send

    bool is_clean() const { return foreign == 0 && wrong == 0 && silent == 0 && failed == 0; }
};

Counts run(const Plan& plan);

}  // namespace storm

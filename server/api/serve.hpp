// The command `boxoffice serve`: the HTTP server in front of the database.
#pragma once

#include "base/settings.hpp"

namespace boxoffice {

// Runs until SIGTERM or SIGINT, then finishes what it began, for ten seconds at most, and returns 0. Waits
// a minute for a database that is not there yet. Throws std::exception with one line when it does not come,
// has routes that this server cannot serve, or the address is taken.
int run_serve(const Settings& settings);

}  // namespace boxoffice

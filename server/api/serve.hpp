// The command `boxoffice serve`: the HTTP server in front of the database.
#pragma once

#include "base/settings.hpp"

namespace boxoffice {

// Runs until SIGTERM or SIGINT, then finishes what it began, for ten seconds at most, and returns 0. Waits a
// minute for a database that is not there yet; returns 1 after one message on stderr when it does not come,
// or has routes that this server cannot serve.
int run_serve(const Settings& settings);

}  // namespace boxoffice

// The command `boxoffice worker`: does what committed transactions promised in ops.outbox.
// What runs by the clock is pg_cron's, not this.
#pragma once

#include "base/settings.hpp"

namespace boxoffice {

// Runs until SIGTERM or SIGINT, then finishes what it has begun. Any number of workers may run at once.
// Returns 0.
int run_worker(const Settings& settings);

}  // namespace boxoffice

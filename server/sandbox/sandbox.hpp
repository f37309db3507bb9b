// The command `boxoffice sandbox`: a stand-in for the payment provider with Stripe's wire format, a hosted
// payment page and webhooks. Its rules and its state are SQL (sql/sandbox); here is only the wire.
// Not for production: it knows no money.
#pragma once

#include "base/settings.hpp"

namespace boxoffice {

// Serves until SIGTERM or SIGINT. Returns 0.
int run_sandbox(const Settings& settings);

}  // namespace boxoffice

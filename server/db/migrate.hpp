// Brings the database to the state of the files: migrations/ once each, sql/ whenever it changed.
#pragma once

#include "base/settings.hpp"

namespace boxoffice {

// The command `boxoffice migrate`. Connects as superuser; prints what it did in short lines; two at
// once are safe. Each migration is one transaction, and so is loading sql/. Returns 0, or 1 after a
// message on stderr that names the file and, where PostgreSQL tells it, the line.
int run_migrate(const Settings& settings);

}  // namespace boxoffice

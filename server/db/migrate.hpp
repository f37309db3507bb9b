// Brings the database to the state of the files: migrations/ once each, sql/ whenever it changed.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include "base/settings.hpp"

namespace boxoffice::db {

// Migrates the database of `conninfo`, a superuser's, to what is under `root`, and tells `out` what it did
// in short lines. Two at once are safe: the second waits. Each migration is one transaction, and so is
// loading sql/. Throws std::exception whose what() names the file and, where PostgreSQL tells it, the line.
void migrate(const std::string& conninfo, const std::filesystem::path& root, std::ostream& out);

}  // namespace boxoffice::db

namespace boxoffice {

// The command `boxoffice migrate`. Returns 0, or 1 after a message on stderr.
int run_migrate(const Settings& settings);

}  // namespace boxoffice

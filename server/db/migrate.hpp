// Brings the database to the state of the files: migrations/ once each, sql/ whenever it changed.
#pragma once

#include <filesystem>
#include <string>

#include "base/settings.hpp"

namespace boxoffice::db {

// Which schema files describe, or a database has.
struct Schema {
    int version = 0;           // the highest migration
    std::string sql_checksum;  // SHA-256 over sql/install.sql and what it lists, in hexadecimal

    bool operator==(const Schema&) const = default;
};

// What migrations/ and sql/ under `root` describe. Throws std::runtime_error that names the file at fault.
Schema expected_schema(const std::filesystem::path& root);

// The statement that asks a database for its Schema: one row with the two columns of it. The server's
// role may run it; it fails with 42883 or 3F000 on a database that was never migrated.
inline constexpr const char* installed_schema_sql =
    "select version, sql_checksum from ops.installed_schema()";

}  // namespace boxoffice::db

namespace boxoffice {

// The command `boxoffice migrate`. Connects as superuser; prints what it did in short lines; two at
// once are safe. Each migration is one transaction, and so is loading sql/. Returns 0, or 1 after one
// message on stderr that names the file and, where PostgreSQL tells it, the line.
int run_migrate(const Settings& settings);

}  // namespace boxoffice

// What the files under migrations/ and sql/ say the database should be.
// Reads files only; migrate.hpp applies them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace boxoffice::db {

// Which schema files describe, or a database has.
struct Schema {
    int version = 0;           // the highest migration
    std::string sql_checksum;  // SHA-256 over the files that sql/install.sql lists, in hexadecimal

    bool operator==(const Schema&) const = default;
};

// What the files under `root` describe. Throws std::runtime_error that names the file at fault.
Schema expected_schema(const std::filesystem::path& root);

// The statement that asks a database for its Schema: one row with the two columns of it. Every role of
// ours may run it; it fails with 3F000 or 42883 on a database that was never migrated.
inline constexpr const char* installed_schema_sql =
    "select version, sql_checksum from ops.installed_schema()";

// One file of SQL.
struct SqlFile {
    std::string path;  // under the root, for messages
    std::string text;
    bool is_superuser = false;  // a line `-- superuser` stands in its first comment

    std::string checksum() const;
};

// migrations/NNNN_name.sql.
struct Migration {
    int version = 0;
    SqlFile file;
};

// "0007".
std::string version_text(int version);

// In order; the versions run from 1 without a gap. Throws std::runtime_error otherwise.
std::vector<Migration> read_migrations(const std::filesystem::path& root);

// The files that sql/install.sql lists, in its order. It holds comments and lines `\ir PATH`, where PATH
// is relative to sql/. Throws std::runtime_error with file and line otherwise.
std::vector<SqlFile> read_sql(const std::filesystem::path& root);

// The checksum of Schema over these.
std::string checksum_of(const std::vector<SqlFile>& files);

}  // namespace boxoffice::db

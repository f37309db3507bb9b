// What the files under migrations/ and sql/ are read as.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "db/schema.hpp"
#include "unit/db_files.hpp"

namespace boxoffice::db {

TEST_CASE("migrations are read in the order of their numbers") {
    const Files files;
    files.write("migrations/0002_second.sql", "-- about it\n--   superuser\nselect 2;\n");
    files.write("migrations/0001_first.sql", "select 1;\n-- superuser\n");
    files.write("migrations/README", "not SQL");
    const auto migrations = read_migrations(files.root());
    REQUIRE(migrations.size() == 2);
    CHECK(migrations[0].version == 1);
    CHECK(migrations[0].file.path == "migrations/0001_first.sql");
    CHECK_FALSE(migrations[0].file.is_superuser);
    CHECK(migrations[1].file.is_superuser);
}

TEST_CASE("a gap, a doubled number or an odd name among the migrations is refused by name") {
    for (const char* odd :
         {"0003_gap.sql", "0001_doubled.sql", "2_short.sql", "0002.sql", "000x_digit.sql"}) {
        const Files files;
        files.write("migrations/0001_alpha.sql", "");
        files.write(std::string("migrations/") + odd, "");
        CHECK_THROWS_WITH_AS(read_migrations(files.root()), doctest::Contains(odd), std::runtime_error);
    }
}

TEST_CASE("install.sql lists files in order, with comments") {
    const Files files;
    files.write("sql/install.sql", "-- the story\n\n\\ir api/b.sql\n  \\ir a.sql   -- and why\n");
    files.write("sql/a.sql", "select 'a';");
    files.write("sql/api/b.sql", "select 'b';");
    const auto sql = read_sql(files.root());
    REQUIRE(sql.size() == 2);
    CHECK(sql[0].path == "sql/api/b.sql");
    CHECK(sql[1].text == "select 'a';");
}

TEST_CASE("a fault in install.sql is told with its line") {
    const auto fault_of = [](const std::string& line) -> std::string {
        const Files files;
        files.write("sql/a.sql", "");
        files.write("sql/install.sql", "\\ir a.sql\n" + line + "\n");
        try {
            read_sql(files.root());
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    };
    for (const char* line :
         {"select 1;", "\\i b.sql", "\\ir", "\\ir ", "\\ir a.sql b.sql", "\\ir a.sql", "\\ir none.sql"}) {
        CAPTURE(line);
        CHECK(fault_of(line).starts_with("sql/install.sql:2: "));
    }
}

TEST_CASE("the checksum of sql/ follows every file's text and the order, and nothing else") {
    const Files files;
    files.write("migrations/0001_first.sql", "");
    files.write("sql/a.sql", "a");
    files.write("sql/b.sql", "b");
    files.write("sql/install.sql", "\\ir a.sql\n\\ir b.sql\n");
    const Schema schema = expected_schema(files.root());
    CHECK(schema.version == 1);
    CHECK(schema.sql_checksum.size() == 64);
    files.write("sql/install.sql", "-- a comment\n\\ir a.sql\n\\ir b.sql\n");
    CHECK(expected_schema(files.root()) == schema);
    files.write("sql/install.sql", "\\ir b.sql\n\\ir a.sql\n");
    CHECK(expected_schema(files.root()) != schema);
    files.write("sql/install.sql", "\\ir a.sql\n\\ir b.sql\n");
    files.write("sql/b.sql", "c");
    CHECK(expected_schema(files.root()) != schema);
}

}  // namespace boxoffice::db

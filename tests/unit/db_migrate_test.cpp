// `boxoffice migrate` on a fresh database, with toy files.
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "db/conninfo.hpp"
#include "db/migrate.hpp"
#include "db/schema.hpp"
#include "db/session.hpp"
#include "unit/db_cluster.hpp"
#include "unit/db_files.hpp"

namespace boxoffice::db {
namespace {

struct Run {
    std::string out;
    std::string error;  // empty: it succeeded
};

// A fresh database `boxoffice` and two migrations with a function that uses them.
class Fixture {
public:
    Fixture() {
        Session(Cluster::instance().url()).execute("drop database if exists boxoffice with (force)");
        Session(Cluster::instance().url()).execute("create database boxoffice");
        files.write("migrations/0001_things.sql",
                    "create schema api;\ncreate table api.things (thing_id bigint primary key, name text);\n"
                    "create index things_name_idx on api.things using gin (name public.gin_trgm_ops);\n");
        files.write("migrations/0002_more.sql", "insert into api.things values (1, 'one');\n");
        files.write("sql/install.sql", "\\ir api/things.sql\n");
        files.write("sql/api/things.sql", counting("count(*)"));
    }

    static std::string counting(const std::string& what) {
        return "create or replace function api.count_things() returns bigint language plpgsql\n"
               "security definer set search_path = pg_catalog, pg_temp as $$\nbegin\n"
               "    return (select " +
               what +
               " from api.things);\nend $$;\n"
               "grant usage on schema api to boxoffice_server;\n"
               "grant execute on function api.count_things() to boxoffice_server;\n";
    }

    Run migrate() const {
        std::ostringstream out;
        try {
            db::migrate(Cluster::instance().url("boxoffice"), files.root(), out);
        } catch (const std::exception& error) {
            return {out.str(), error.what()};
        }
        return {out.str(), ""};
    }

    Session as(const std::string& role) const {
        return Session(conninfo_as(Cluster::instance().url_of_nobody("boxoffice"), role, "unit test"));
    }

    std::string ledger() const {
        return Session(Cluster::instance().url("boxoffice"))
            .execute(
                "select coalesce(string_agg(version::text, ',' order by version), '') from ops.migrations")[0]
                                                                                                           [0]
            .as<std::string>();
    }

    Files files;
};

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(
    Fixture, "a fresh database gets roles, extensions, migrations and functions, and then nothing more") {
    const Run first = migrate();
    REQUIRE(first.error == "");
    CHECK(holds(first.out, "created extension pg_cron\n"));
    CHECK(holds(first.out, "applied migrations/0002_more.sql in "));
    CHECK(holds(first.out, "loaded 1 files of sql/ in "));
    CHECK(holds(first.out, "schema is at 0002\n"));
    CHECK(as("boxoffice_server").value("api.count_things") == "1");
    CHECK(migrate().out == "schema is at 0002, nothing to do\n");

    const auto installed = as("boxoffice_server").execute(installed_schema_sql);
    const Schema expected = expected_schema(files.root());
    CHECK(installed[0][0].as<int>() == expected.version);
    CHECK(installed[0][1].as<std::string>() == expected.sql_checksum);
}

TEST_CASE_FIXTURE(Fixture, "what migrations and sql make belongs to boxoffice_owner, who may schedule jobs") {
    files.write("sql/jobs.sql", "select cron.schedule('nightly', '0 3 * * *', 'select 1');");
    files.write("sql/install.sql", "\\ir api/things.sql\n\\ir jobs.sql\n");
    REQUIRE(migrate().error == "");
    Session session(Cluster::instance().url("boxoffice"));
    const auto owners = session.execute(
        "select distinct pg_get_userbyid(relowner) from pg_class where relnamespace in ('api'::regnamespace, "
        "'ops'::regnamespace)");
    REQUIRE(owners.size() == 1);
    CHECK(owners[0][0].as<std::string>() == "boxoffice_owner");
    CHECK(session.execute("select username from cron.job")[0][0].as<std::string>() == "boxoffice_owner");
}

TEST_CASE_FIXTURE(Fixture, "a migration that says superuser runs as one") {
    files.write("migrations/0003_super.sql", "-- Needs more.\n-- superuser\ncreate extension pageinspect;\n");
    CHECK(migrate().error == "");
    files.write("migrations/0004_owner.sql", "create extension pg_buffercache;\n");
    const Run run = migrate();
    CHECK(holds(run.error, "migrations/0004_owner.sql: ERROR:  permission denied"));
}

TEST_CASE_FIXTURE(
    Fixture, "a migration that fails leaves no trace of itself, names its line, and is applied once mended") {
    files.write("migrations/0003_broken.sql", "create table api.half ();\n\ncreate tabel api.other ();\n");
    const Run run = migrate();
    CHECK(run.error.starts_with("migrations/0003_broken.sql:3: ERROR:  syntax error"));
    CHECK(ledger() == "1,2");
    Session session(Cluster::instance().url("boxoffice"));
    CHECK(session.execute("select to_regclass('api.half')")[0][0].is_null());
    CHECK(session.execute("select from pg_proc where proname = 'count_things'").empty());
    CHECK(session.execute(installed_schema_sql)[0][1].as<std::string>() == "");
    files.write("migrations/0003_broken.sql", "create table api.half ();\n");
    CHECK(migrate().error == "");
    CHECK(ledger() == "1,2,3");
}

TEST_CASE_FIXTURE(Fixture,
                  "a function that cannot be loaded leaves the functions of before, and its line is told") {
    REQUIRE(migrate().error == "");
    files.write(
        "sql/api/more.sql",
        "create function api.more() returns int language plpgsql as $$\nbegin\n    retrun 1;\nend $$;\n");
    files.write("sql/install.sql", "\\ir api/things.sql\n\\ir api/more.sql\n");
    files.write("sql/api/things.sql", counting("count(*) + 100"));
    const Run run = migrate();
    CHECK(run.error.starts_with("sql/api/more.sql:3: ERROR:  syntax error"));
    CHECK(as("boxoffice_server").value("api.count_things") == "1");
    files.write("sql/api/more.sql", "select 1;");
    CHECK(migrate().error == "");
    CHECK(as("boxoffice_server").value("api.count_things") == "101");
}

TEST_CASE_FIXTURE(Fixture, "an error inside a function that is called is not given a line of the file") {
    files.write("sql/api/things.sql", "\n\ndo $$ begin execute 'select nothing_there'; end $$;\n");
    const Run run = migrate();
    CHECK(run.error.starts_with("sql/api/things.sql: ERROR:  column \"nothing_there\""));
}

TEST_CASE_FIXTURE(Fixture, "a migration that was changed after it was applied is refused by name") {
    REQUIRE(migrate().error == "");
    files.write("migrations/0001_things.sql", "create schema api;\n");
    const Run run = migrate();
    CHECK(run.error.starts_with("migrations/0001_things.sql: changed after it was applied"));
}

TEST_CASE_FIXTURE(Fixture, "a database that is newer than the files is refused") {
    REQUIRE(migrate().error == "");
    files.remove("migrations/0002_more.sql");
    const Run run = migrate();
    CHECK(holds(run.error, "the schema is at 0002, this program knows 0001"));
}

TEST_CASE_FIXTURE(Fixture, "migrates that run at the same time apply everything once") {
    files.write("migrations/0003_slow.sql", "select pg_sleep(0.3);");
    Run runs[3];
    std::vector<std::thread> threads;
    for (Run& run : runs) {
        threads.emplace_back([this, &run] { run = migrate(); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    int appliers = 0;
    for (const Run& run : runs) {
        CHECK(run.error == "");
        appliers += holds(run.out, "applied") ? 1 : 0;
    }
    CHECK(appliers == 1);
    CHECK(ledger() == "1,2,3");
}

TEST_CASE("a database that cannot be reached is an error that says so") {
    const Files files;
    std::ostringstream out;
    CHECK_THROWS_WITH(db::migrate("host=/nonexistent", files.root(), out), doctest::Contains("/nonexistent"));
}

}  // namespace boxoffice::db

// Connection strings for roles, and a session that calls functions.
#include <doctest/doctest.h>

#include <string>

#include "base/settings.hpp"
#include "db/conninfo.hpp"
#include "db/session.hpp"
#include "unit/db_cluster.hpp"

namespace boxoffice::db {
namespace {

std::string setting(Session& session, const char* name) {
    return session.value("pg_catalog.current_setting", {name}).value();
}

}  // namespace

TEST_CASE("a connection string takes the role on as its user, or as the named user's role") {
    const std::string as_user = conninfo_as("postgresql:///shop?host=/run", "clerk", "desk 1");
    CHECK(as_user.find("user='clerk'") != std::string::npos);
    CHECK(as_user.find("dbname='shop'") != std::string::npos);
    CHECK(as_user.find("application_name='desk 1'") != std::string::npos);
    const std::string as_role = conninfo_as("host=/run user=boss options=-cwork_mem=1MB", "clerk", "desk");
    CHECK(as_role.find("user='boss'") != std::string::npos);
    CHECK(as_role.find("-cwork_mem=1MB -c") != std::string::npos);
    CHECK(as_role.find("-crole=clerk") != std::string::npos);
}

TEST_CASE("nobody waits without end for a PostgreSQL that is gone, unless the url says so") {
    const std::string usual = conninfo_as("postgresql:///shop", "clerk", "desk");
    CHECK(usual.find("connect_timeout='5'") != std::string::npos);
    CHECK(usual.find("keepalives_idle='10'") != std::string::npos);
    CHECK(usual.find("tcp_user_timeout='25000'") != std::string::npos);
    const std::string patient = conninfo_as("postgresql:///shop?connect_timeout=60", "clerk", "desk");
    CHECK(patient.find("connect_timeout='60'") != std::string::npos);
    CHECK(patient.find("connect_timeout='5'") == std::string::npos);
}

TEST_CASE("a connection string that libpq cannot read names the setting") {
    CHECK_THROWS_WITH_AS(conninfo_as("postgresql:///shop?colour=red", "clerk", "desk"),
                         doctest::Contains("BOXOFFICE_DATABASE_URL"), SettingsError);
}

TEST_CASE("every session speaks UTF-8, ISO dates and UTC, whatever its settings hold") {
    const auto& cluster = Cluster::instance();
    Session session(conninfo_with(conninfo_as(cluster.url(), "pg_monitor", "it's a \\ test"),
                                  {{"boxoffice.odd", "two words\\and 'quotes'"}}));
    CHECK(setting(session, "TimeZone") == "UTC");
    CHECK(setting(session, "DateStyle").starts_with("ISO"));
    CHECK(setting(session, "client_encoding") == "UTF8");
    CHECK(setting(session, "search_path") == "pg_catalog,pg_temp");
    CHECK(setting(session, "application_name") == "it's a \\ test");
    CHECK(setting(session, "boxoffice.odd") == "two words\\and 'quotes'");
    CHECK(session.value("current_schema") == "pg_catalog");
    CHECK(session.execute("select current_user")[0][0].c_str() == std::string("pg_monitor"));
}

TEST_CASE("a session calls functions with arguments of any content") {
    Session session(Cluster::instance().url());
    CHECK(session.value("upper", {"it's \\ köln"}) == "IT'S \\ KÖLN");
    CHECK_FALSE(session.value("upper", {std::nullopt}));
    CHECK(session.value("concat", {"a", std::nullopt, "b"}) == "ab");
    CHECK(session.value("jsonb_build_object", {"seat", "C-7"}) == R"({"seat": "C-7"})");
    const auto rows = session.rows("string_to_table", {"a,b,c", ","});
    REQUIRE(rows.size() == 3);
    CHECK(rows[2][0].as<std::string>() == "c");
}

TEST_CASE("an error of the database has its SQLSTATE and leaves the session usable") {
    Session session(Cluster::instance().url());
    try {
        session.execute("select 1 / 0");
        FAIL("no error");
    } catch (const pqxx::sql_error& error) {
        CHECK(error.sqlstate() == "22012");
    }
    CHECK(session.value("abs", {"-1"}) == "1");
}

TEST_CASE("a session whose connection was killed says so once and then connects again") {
    Session session(Cluster::instance().url());
    Session killer(Cluster::instance().url());
    const auto pid = session.value("pg_backend_pid");
    killer.value("pg_terminate_backend", {pid, "5000"});
    CHECK_THROWS_AS(session.value("pg_backend_pid"), pqxx::broken_connection);
    CHECK(session.value("pg_backend_pid") != pid);
}

TEST_CASE("a session that waits hears its channel, and is told when it may have missed something") {
    using std::chrono::milliseconds;
    Session session(Cluster::instance().url());
    Session other(Cluster::instance().url());
    CHECK(session.wait("The Channel", milliseconds(0)));
    CHECK_FALSE(session.wait("The Channel", milliseconds(20)));
    other.value("pg_notify", {"another channel", ""});
    CHECK_FALSE(session.wait("The Channel", milliseconds(20)));
    other.value("pg_notify", {"The Channel", ""});
    CHECK(session.wait("The Channel", milliseconds(5000)));
    CHECK_FALSE(session.wait("The Channel", milliseconds(20)));
    other.value("pg_notify", {"The Channel", ""});
    CHECK(session.value("abs", {"-1"}) == "1");
    CHECK(session.wait("The Channel", milliseconds(5000)));
    other.value("pg_terminate_backend", {session.value("pg_backend_pid"), "5000"});
    CHECK_THROWS_AS(session.wait("The Channel", milliseconds(5000)), pqxx::broken_connection);
    CHECK(session.wait("The Channel", milliseconds(0)));
    other.value("pg_notify", {"The Channel", ""});
    CHECK(session.wait("The Channel", milliseconds(5000)));
}

}  // namespace boxoffice::db

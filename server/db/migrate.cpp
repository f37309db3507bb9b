#include "db/migrate.hpp"

#include <chrono>
#include <iostream>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "db/conninfo.hpp"
#include "db/schema.hpp"

namespace boxoffice::db {
namespace {

// Any number, as long as it is always the same: "boxoffic" in ASCII.
constexpr const char* lock_key = "7093020357986511203";

// boxoffice_owner may log in because pg_cron runs the owner's jobs in sessions of the owner.
constexpr const char* roles[] = {"boxoffice_owner", "boxoffice_server", "boxoffice_worker",
                                 "boxoffice_report", "boxoffice_sandbox"};

// In this order: earthdistance builds on cube.
constexpr const char* extensions[] = {"btree_gist", "pg_cron",  "pg_stat_statements", "pgcrypto", "pg_trgm",
                                      "unaccent", "fuzzystrmatch",      "cube",     "earthdistance"};

// Another database of the cluster may be making the same roles at this moment.
std::string create_role_sql(const std::string& role) {
    return "do $$ begin create role " + role +
           " login; exception when duplicate_object or unique_violation then null; end $$";
}

constexpr const char* ledger_sql = R"(
create schema if not exists ops;
comment on schema ops is 'The running of the house: the ledger of migrations, the outbox, jobs.';

create table if not exists ops.migrations (
    version integer not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    constraint migrations_pkey primary key (version),
    constraint migrations_version_is_positive check (version > 0)
);
comment on table ops.migrations is 'The migrations that were applied, each with the SHA-256 of its file.';

create table if not exists ops.installed_sql (
    is_only boolean not null default true,
    checksum text not null,
    loaded_at timestamptz not null default now(),
    constraint installed_sql_pkey primary key (is_only),
    constraint installed_sql_is_one_row check (is_only)
);
comment on table ops.installed_sql is 'The SHA-256 over the files of sql/ that are loaded; one row at most.';

create or replace function ops.installed_schema()
returns table (version integer, sql_checksum text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    -- Which schema this database has, for a server to compare with the one it knows.
    select
        coalesce((select max(migrations.version) from ops.migrations), 0),
        coalesce((select installed_sql.checksum from ops.installed_sql), '')
$$;
comment on function ops.installed_schema() is 'The highest migration applied and the checksum of the files of sql/ that are loaded.';
)";

constexpr const char* ledger_grants_sql = R"(
grant usage on schema ops to boxoffice_server, boxoffice_worker, boxoffice_sandbox;
revoke all on function ops.installed_schema() from public;
grant execute on function ops.installed_schema() to boxoffice_server, boxoffice_worker, boxoffice_sandbox;
)";

// What every file finds: nothing is created outside a named schema, and nobody waits for long behind a
// migration that waits for a lock.
constexpr const char* file_settings_sql =
    "set local search_path = pg_catalog, public, pg_temp; set local lock_timeout = '30s'; ";

class Stopwatch {
public:
    std::string text() const {
        const auto passed = std::chrono::steady_clock::now() - start_;
        return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(passed).count()) + " ms";
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// "sql/api/holds.sql:12: ERROR: …". libpq has turned the error's position into a line of what was sent,
// which is the whole file, unless the error is in a query within a function: then it shows the QUERY.
std::string located(const std::string& path, const std::string& message) {
    std::string place = path;
    const std::string_view mark = "\nLINE ";
    const auto line = message.find(mark);
    if (line != std::string::npos && message.find("\nQUERY: ") == std::string::npos) {
        const auto digits = line + mark.size();
        place += ":" + message.substr(digits, message.find(':', digits) - digits);
    }
    return place + ": " + message.substr(0, message.find_last_not_of('\n') + 1);
}

void run_file(pqxx::work& transaction, const SqlFile& file) {
    transaction.exec(std::string(file_settings_sql) +
                     (file.is_superuser ? "set local role none" : "set local role boxoffice_owner"));
    try {
        transaction.exec(file.text);
    } catch (const pqxx::sql_error& error) {
        throw std::runtime_error(located(file.path, error.what()));
    }
}

class Migrator {
public:
    Migrator(const std::string& conninfo, const std::filesystem::path& root, std::ostream& out)
        : migrations_(read_migrations(root)), sql_(read_sql(root)), connection_(conninfo), out_(out) {}

    void run() {
        check_server();
        lock();
        const auto applied = read_ledger();
        prepare();
        for (const Migration& migration : migrations_) {
            if (migration.version > applied) {
                apply(migration);
            }
        }
        load_sql();
        out_ << "schema is at " << version_text(static_cast<int>(migrations_.size()))
             << (has_changed_ ? "" : ", nothing to do") << '\n';
    }

private:
    void say(const std::string& line) {
        has_changed_ = true;
        out_ << line << std::endl;
    }

    void check_server() {
        if (connection_.server_version() < 150000) {
            throw std::runtime_error("PostgreSQL 15 or newer is needed, this is " +
                                     std::to_string(connection_.server_version() / 10000));
        }
    }

    // Held by the session, so that it spans all the transactions and ends with the connection.
    void lock() {
        pqxx::nontransaction transaction(connection_);
        const std::string call = "advisory_lock(" + std::string(lock_key) + ")";
        if (!transaction.exec("select pg_try_" + call)[0][0].as<bool>()) {
            out_ << "waiting for another migrate" << std::endl;
            transaction.exec("select pg_" + call);
        }
    }

    // The version that the database is at. Throws when it is not one that these files lead to.
    int read_ledger() {
        pqxx::work transaction(connection_);
        if (transaction.exec("select to_regclass('ops.migrations')")[0][0].is_null()) {
            return 0;
        }
        const auto ledger = transaction.exec("select version, checksum from ops.migrations order by version");
        const int known = static_cast<int>(migrations_.size());
        const int applied = ledger.empty() ? 0 : ledger[ledger.size() - 1][0].as<int>();
        if (applied > known) {
            throw std::runtime_error("the schema is at " + version_text(applied) + ", this program knows " +
                                     version_text(known) + ": use a newer program");
        }
        for (const auto& row : ledger) {
            const SqlFile& file = migrations_[static_cast<std::size_t>(row[0].as<int>() - 1)].file;
            if (row[1].as<std::string>() != file.checksum()) {
                throw std::runtime_error(file.path +
                                         ": changed after it was applied; undo that and add a new migration");
            }
        }
        return applied;
    }

    // Roles, extensions and the ledger, in one transaction.
    void prepare() {
        pqxx::work transaction(connection_);
        for (const std::string role : roles) {
            if (transaction.exec("select 1 from pg_roles where rolname = '" + role + "'").empty()) {
                transaction.exec(create_role_sql(role));
                say("created role " + role);
            }
        }
        transaction.exec("grant create on database " + connection_.quote_name(connection_.dbname()) +
                         " to boxoffice_owner");
        for (const std::string extension : extensions) {
            if (transaction.exec("select 1 from pg_extension where extname = '" + extension + "'").empty()) {
                transaction.exec("create extension " + extension);
                say("created extension " + extension);
            }
        }
        transaction.exec("grant usage on schema cron to boxoffice_owner");
        transaction.exec("set local client_min_messages = warning");
        transaction.exec("set local role boxoffice_owner");
        transaction.exec(ledger_sql);
        transaction.exec(ledger_grants_sql);
        transaction.commit();
    }

    void apply(const Migration& migration) {
        const Stopwatch stopwatch;
        const SqlFile& file = migration.file;
        pqxx::work transaction(connection_);
        run_file(transaction, file);
        transaction.exec("insert into ops.migrations (version, name, checksum) values (" +
                         std::to_string(migration.version) + ", " + transaction.quote(file.path) + ", " +
                         transaction.quote(file.checksum()) + ")");
        transaction.commit();
        say("applied " + file.path + " in " + stopwatch.text());
    }

    void load_sql() {
        const Stopwatch stopwatch;
        const std::string checksum = checksum_of(sql_);
        pqxx::work transaction(connection_);
        if (transaction.exec(installed_schema_sql)[0][1].as<std::string>() == checksum) {
            return;
        }
        for (const SqlFile& file : sql_) {
            run_file(transaction, file);
        }
        transaction.exec("set local role boxoffice_owner");
        transaction.exec(ledger_grants_sql);  // the files may have revoked them
        transaction.exec(
            "insert into ops.installed_sql (checksum) values (" + transaction.quote(checksum) +
            ") on conflict (is_only) do update set checksum = excluded.checksum, loaded_at = now()");
        transaction.commit();
        say("loaded " + std::to_string(sql_.size()) + " files of sql/ in " + stopwatch.text());
    }

    const std::vector<Migration> migrations_;
    const std::vector<SqlFile> sql_;
    pqxx::connection connection_;
    std::ostream& out_;
    bool has_changed_ = false;
};

}  // namespace

void migrate(const std::string& conninfo, const std::filesystem::path& root, std::ostream& out) {
    Migrator(conninfo_with(conninfo, {{"client_min_messages", "warning"}}), root, out).run();
}

}  // namespace boxoffice::db

namespace boxoffice {

int run_migrate(const Settings& settings) {
    const auto conninfo = db::conninfo_as_superuser(settings.database_url, "boxoffice migrate");
    try {
        db::migrate(conninfo, settings.root, std::cout);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "boxoffice migrate: " << error.what() << '\n';
        return 1;
    }
}

}  // namespace boxoffice

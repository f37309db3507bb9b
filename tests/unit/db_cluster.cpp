#include "unit/db_cluster.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace boxoffice::db {
namespace {

// Where initdb and pg_ctl are: Debian keeps them out of the PATH, by major version.
std::string programs() {
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
        newest = std::max(newest, entry.path().string() + "/bin/");
    }
    return newest;
}

// PostgreSQL refuses to run as root.
std::string as_postgres() {
    return geteuid() == 0 ? "runuser -u postgres -- " : "";
}

void run(const std::string& command) {
    if (std::system((command + " </dev/null >/dev/null 2>&1").c_str()) != 0) {
        throw std::runtime_error("failed: " + command);
    }
}

std::filesystem::path make_directory() {
    std::string path = (std::filesystem::temp_directory_path() / "boxoffice-unit-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) {
        throw std::runtime_error("no directory for a cluster");
    }
    const passwd* postgres = geteuid() == 0 ? getpwnam("postgres") : nullptr;
    if (postgres != nullptr && chown(path.c_str(), postgres->pw_uid, postgres->pw_gid) != 0) {
        throw std::runtime_error("cannot give the cluster's directory to postgres");
    }
    return path;
}

}  // namespace

Cluster& Cluster::instance() {
    static Cluster cluster;
    return cluster;
}

Cluster::Cluster() : directory_(make_directory()) {
    const std::string data = (directory_ / "data").string();
    run(as_postgres() + programs() + "initdb --no-sync -A trust -U postgres -E UTF8 --locale=C.UTF-8 -D " +
        data);
    std::ofstream(data + "/postgresql.conf", std::ios::app)
        << "listen_addresses = ''\nunix_socket_directories = '" << directory_.string() << "'\n"
        << "fsync = off\nmax_connections = 50\nmax_worker_processes = 16\n"
        << "shared_preload_libraries = 'pg_cron,pg_stat_statements'\n"
        << "cron.database_name = 'boxoffice'\ncron.use_background_workers = on\n";
    start();
}

Cluster::~Cluster() {
    try {
        stop();
    } catch (const std::exception&) {
        // It was stopped by a test that failed.
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string Cluster::url(const std::string& database) const {
    return url_of_nobody(database) + "&user=postgres";
}

std::string Cluster::url_of_nobody(const std::string& database) const {
    return "postgresql:///" + database + "?host=" + directory_.string();
}

void Cluster::start() const {
    control("start");
}

void Cluster::stop() const {
    control("stop -m fast");
}

void Cluster::control(const std::string& arguments) const {
    run("cd / && " + as_postgres() + programs() + "pg_ctl -w -D " + (directory_ / "data").string() + " -l " +
        (directory_ / "log").string() + " " + arguments);
}

}  // namespace boxoffice::db

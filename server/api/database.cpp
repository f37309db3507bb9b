#include "api/database.hpp"

#include <algorithm>
#include <future>

#include "db/conninfo.hpp"

namespace boxoffice::api {

namespace {

using namespace std::chrono_literals;

// How long a call may wait to be sent; a client that has waited longer has gone.
constexpr auto max_wait = 5s;
constexpr auto search_timeout = 3s;

db::Options options(const Settings& settings, const char* name, const std::string& url) {
    db::Options options;
    options.conninfo = db::conninfo_as(url, "boxoffice_server", std::string("boxoffice server ") + name);
    options.name = name;
    options.max_queue = settings.max_queue;
    options.statement_timeout = std::chrono::milliseconds(settings.statement_timeout_ms);
    return options;
}

db::Options read_options(const Settings& settings, const char* name) {
    db::Options lane = options(settings, name, settings.read_url());
    lane.connections = settings.read_connections;
    lane.pipeline_depth = settings.read_depth;
    lane.read_only = true;
    return lane;
}

db::Options search_options(const Settings& settings) {
    db::Options lane = options(settings, "search", settings.read_url());
    lane.connections = settings.search_connections;
    lane.statement_timeout = std::min<std::chrono::milliseconds>(lane.statement_timeout, search_timeout);
    lane.read_only = true;
    return lane;
}

db::Options write_options(const Settings& settings) {
    db::Options lane = options(settings, "write", settings.database_url);
    lane.conninfo = db::conninfo_keeping_plans(lane.conninfo);
    lane.connections = settings.write_connections;
    return lane;
}

}  // namespace

Database::Database(const Settings& settings)
    : read_(read_options(settings, "read")),
      browse_(read_options(settings, "browse")),
      search_(search_options(settings)),
      write_(write_options(settings)) {}

bool Database::call(LaneName name, Statement statement, Parameters parameters, bool retry, Done done) {
    db::Call call;
    call.sql = std::move(statement);
    call.parameters = std::move(parameters);
    call.done = std::move(done);
    call.deadline = std::chrono::steady_clock::now() + max_wait;
    call.retry = retry;
    return lane(name).submit(std::move(call));
}

db::Outcome Database::ask(const std::string& sql, std::chrono::milliseconds timeout) {
    const auto answer = std::make_shared<std::promise<db::Outcome>>();
    std::future<db::Outcome> outcome = answer->get_future();
    db::Call call;
    call.sql = std::make_shared<const std::string>(sql);
    call.done = [answer](db::Outcome&& result) { answer->set_value(std::move(result)); };
    call.deadline = std::chrono::steady_clock::now() + timeout;
    call.retry = true;
    if (!write_.submit(std::move(call)))
        return db::Failure{"53300", "the lane is full", {}, {}};
    return outcome.get();
}

void Database::stop(std::chrono::milliseconds grace) {
    write_.stop(grace);
    read_.stop(grace);
    browse_.stop(grace);
    search_.stop(grace);
}

std::vector<Database::NamedStats> Database::stats() const {
    return {{"read", read_.stats()}, {"browse", browse_.stats()}, {"search", search_.stats()}, {"write", write_.stats()}};
}

db::Lanes& Database::lane(LaneName name) {
    switch (name) {
        case LaneName::read:
            return read_;
        case LaneName::browse:
            return browse_;
        case LaneName::search:
            return search_;
        case LaneName::write:
            break;
    }
    return write_;
}

}  // namespace boxoffice::api

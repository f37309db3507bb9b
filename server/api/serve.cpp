#include "api/serve.hpp"

#include <chrono>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "api/own.hpp"
#include "api/service.hpp"
#include "base/log.hpp"
#include "base/signals.hpp"
#include "db/schema.hpp"

namespace boxoffice {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;  // for the database, at the start
constexpr auto retry_after = 500ms;
constexpr auto watch_rhythm = 5s;  // how often the routes are looked after
constexpr auto grace = 10s;        // for what was begun when the stop came

// The registry and the sql it was made by.
struct Loaded {
    std::shared_ptr<const api::Registry> registry;
    std::string sql_checksum;
};

std::string message_of(const db::Failure& failure) {
    const char* const hint =
        failure.sqlstate == "57014" ? ": it works on a call for BOXOFFICE_STATEMENT_TIMEOUT_MS at most" : "";
    return failure.sqlstate + ' ' + failure.message + hint;
}

// The checksum of the sql in the database; nothing, and `why`, when it does not tell.
std::optional<std::string> installed_checksum(api::Database& database, std::string& why) {
    const db::Outcome outcome = database.ask(db::installed_schema_sql, 2s);
    if (const auto* failure = std::get_if<db::Failure>(&outcome)) {
        why = message_of(*failure);
        return {};
    }
    const auto& rows = std::get<db::Rows>(outcome);
    if (rows.rows() != 1) {
        why = "the database was never migrated";
        return {};
    }
    return std::string(rows.get(0, 1).value_or(""));
}

// Nothing, and `why`, when the database cannot answer. Throws std::invalid_argument for routes that make no
// sense.
std::optional<Loaded> load(api::Database& database, std::string& why) {
    const auto checksum = installed_checksum(database, why);
    if (!checksum)
        return {};
    const db::Outcome outcome = database.ask(api::registry_sql, 5s);
    if (const auto* failure = std::get_if<db::Failure>(&outcome)) {
        why = message_of(*failure);
        return {};
    }
    return Loaded{api::read_registry(std::get<db::Rows>(outcome).get(0, 0).value_or("")), *checksum};
}

// Nothing when the process is asked to stop meanwhile. Throws std::runtime_error when patience is over.
std::optional<Loaded> wait_for_database(api::Database& database) {
    const auto until = std::chrono::steady_clock::now() + patience;
    std::string last_why;
    for (;;) {
        std::string why;
        if (auto loaded = load(database, why))
            return loaded;
        if (why != last_why)
            log::warning("waiting_for_database", {{"why", why}});
        last_why = why;
        if (std::chrono::steady_clock::now() > until)
            throw std::runtime_error("the database does not answer: " + why);
        if (wait_for_stop_signal(retry_after))
            return {};
    }
}

// Takes new routes when somebody has migrated meanwhile.
void look_after_routes(api::Database& database, api::Service& service, std::string& sql_checksum) {
    std::string why;
    const auto installed = installed_checksum(database, why);
    if (!installed || *installed == sql_checksum)
        return;
    try {
        if (auto loaded = load(database, why)) {
            service.install(std::move(loaded->registry));
            sql_checksum = std::move(loaded->sql_checksum);
            log::info("routes_loaded", {{"routes", service.registry()->routes().size()}});
        }
    } catch (const std::invalid_argument& error) {
        log::error("routes_refused", {{"why", error.what()}});
    }
}

http::Options http_options(const Settings& settings) {
    http::Options options;
    options.address = settings.server_listen.host;
    options.port = settings.server_listen.port;
    options.threads = static_cast<int>(settings.io_threads);
    options.max_connections = settings.max_connections;
    options.error_body = [](int status, std::string_view why) {
        http::Response response = api::to_response(api::of_status(status, why));
        response.headers.push_back({"X-Content-Type-Options", "nosniff"});
        return response;
    };
    options.log = [](std::string_view line) { log::warning("http", {{"what", line}}); };
    return options;
}

}  // namespace

int run_serve(const Settings& settings) {
    block_stop_signals();
    api::Database database(settings);
    api::Service service(settings, database);
    auto loaded = wait_for_database(database);
    if (!loaded)
        return 0;
    service.install(std::move(loaded->registry));

    http::Server server(http_options(settings),
                        [&service](http::Request&& request, http::Responder responder) {
                            service.handle(std::move(request), std::move(responder));
                        });
    api::Own own(service, database, db::expected_schema(settings.root), settings.public_url,
                 [&server] { return server.stats(); });
    service.set_own([&own](const api::ExchangePtr& exchange) { return own.handle(exchange); });
    server.start();
    log::info("serving",
              {{"address", settings.server_listen.text()}, {"routes", service.registry()->routes().size()}});

    while (!wait_for_stop_signal(watch_rhythm))
        look_after_routes(database, service, loaded->sql_checksum);

    log::info("stopping");
    server.stop(grace);
    database.stop(1s);
    log::info("stopped");
    return 0;
}

}  // namespace boxoffice

#include "api/own.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "api/openapi.hpp"

namespace boxoffice::api {

namespace {

Statement statement(const char* text) {
    return std::make_shared<const std::string>(text);
}

http::Response plain(int status, const char* type, std::string body) {
    http::Response response;
    response.status = status;
    response.headers = {{"Content-Type", type}, {"Cache-Control", "no-store"}};
    response.body = std::move(body);
    return response;
}

Problem not_ready(std::string why) {
    Problem problem = busy();
    problem.code = "not_ready";
    problem.title = "Not ready";
    problem.detail = std::move(why);
    return problem;
}

std::string described(const db::Schema& schema) {
    return "version " + std::to_string(schema.version) + " with sql " + schema.sql_checksum.substr(0, 12);
}

void fail(const ExchangePtr& exchange, const db::Failure& failure) {
    exchange->finish(to_response(exchange->registry->errors().problem_of(failure, {}, false)));
}

}  // namespace

Own::Own(Service& service, Database& database, db::Schema expected, std::string public_url,
         HttpStats http_stats)
    : service_(service),
      database_(database),
      expected_(std::move(expected)),
      public_url_(std::move(public_url)),
      http_stats_(std::move(http_stats)),
      installed_schema_(statement(db::installed_schema_sql)),
      watch_user_(statement(
          "select listener, is_new from ops.watch_caller($1::bytea)")),
      await_tellers_(statement("select ops.await_tellers()")),
      watch_(statement("select ops.watch_show($1)")),
      metrics_(statement("select name, kind, value from ops.metrics()")) {
    const auto add = [this](const char* path, void (Own::*answer)(const ExchangePtr&)) {
        endpoints_[path] = {answer, &service_.metrics().route("GET", path)};
    };
    add("/healthz", &Own::healthz);
    add("/readyz", &Own::readyz);
    add("/metrics", &Own::metrics);
    add("/openapi.json", &Own::openapi);
    add("/docs", &Own::docs);
    add("/internal/live/me", &Own::live_user);
    add("/internal/live/watch", &Own::watch);
}

bool Own::handle(const ExchangePtr& exchange) {
    const auto endpoint = endpoints_.find(exchange->request.path);
    if (endpoint == endpoints_.end())
        return false;
    exchange->label = endpoint->first;
    exchange->metrics = endpoint->second.metrics;
    exchange->is_for_programs = endpoint->first != "/docs";
    if (!exchange->is_get())
        throw Refusal(method_not_allowed("GET, HEAD"));
    (this->*endpoint->second.answer)(exchange);
    return true;
}

void Own::healthz(const ExchangePtr& exchange) {
    exchange->finish(plain(200, "application/json", R"({"status":"ok"})"));
}

void Own::readyz(const ExchangePtr& exchange) {
    const bool is_accepted =
        database_.call(LaneName::write, installed_schema_, {}, true, [this, exchange](db::Outcome&& outcome) {
            if (const auto* failure = std::get_if<db::Failure>(&outcome))
                return exchange->finish(
                    to_response(not_ready("The database does not answer: " + failure->sqlstate + '.')));
            const auto& rows = std::get<db::Rows>(outcome);
            db::Schema installed;
            if (rows.rows() == 1) {
                const std::string_view version = rows.get(0, 0).value_or("");
                std::from_chars(version.data(), version.data() + version.size(), installed.version);
                installed.sql_checksum = rows.get(0, 1).value_or("");
            }
            // A newer schema does not make an older server unfit: its routes are read anew from the database, and
            // migrations only add. So servers of two versions can run beside each other during an upgrade.
            if (installed.version < expected_.version || installed.sql_checksum.empty())
                return exchange->finish(
                    to_response(not_ready("The database is at " + described(installed) +
                                          ", this server is made for " + described(expected_) + '.')));
            exchange->finish(plain(200, "application/json", R"({"status":"ready"})"));
        });
    if (!is_accepted)
        throw Refusal(not_ready("The database is not reached."));
}

void Own::metrics(const ExchangePtr& exchange) {
    const auto show = [this, exchange](const Metrics::Figures& figures) {
        exchange->finish(
            plain(200, "text/plain; version=0.0.4; charset=utf-8",
                  service_.metrics().text(http_stats_(), database_.stats(), service_.batch_stats(), figures)));
    };
    // Without a database the server's own figures are all there is, and they must not wait for it.
    const auto lanes = database_.stats();
    const bool is_connected = std::any_of(lanes.begin(), lanes.end(), [](const auto& lane) {
        return lane.lane == std::string_view("write") && lane.stats.connected > 0;
    });
    const bool is_accepted =
        is_connected &&
        database_.call(LaneName::write, metrics_, {}, true, [show](db::Outcome&& outcome) {
            Metrics::Figures figures;
            if (const auto* rows = std::get_if<db::Rows>(&outcome))
                for (int row = 0; row < rows->rows(); ++row)
                    figures.push_back({std::string(rows->get(row, 0).value_or("")),
                                       rows->get(row, 1) == "counter",
                                       std::strtod(std::string(rows->get(row, 2).value_or("0")).c_str(), nullptr)});
            show(figures);
        });
    if (!is_accepted)
        show({});
}

void Own::openapi(const ExchangePtr& exchange) {
    exchange->finish(plain(200, "application/json", openapi_of(*exchange->registry, public_url_)));
}

void Own::docs(const ExchangePtr& exchange) {
    service_.pages().show(exchange, 200, "docs", docs_model_of(*exchange->registry, exchange->language), {});
}

void Own::live_user(const ExchangePtr& exchange) {
    const auto hash = exchange->credential.hash();
    if (!hash)
        throw Refusal(not_signed_in());
    const auto let_in = [exchange](std::string listener) {
        http::Response response;
        response.status = 204;
        response.headers = {{"X-Live-Listener", std::move(listener)}, {"Cache-Control", "no-store"}};
        exchange->finish(std::move(response));
    };
    const bool is_accepted = database_.call(
        LaneName::write, watch_user_, {"\\x" + *hash}, true,
        [this, exchange, let_in](db::Outcome&& outcome) {
            if (const auto* failure = std::get_if<db::Failure>(&outcome))
                return fail(exchange, *failure);
            const auto& rows = std::get<db::Rows>(outcome);
            std::string listener(rows.get(0, 0).value_or(""));
            if (rows.get(0, 1) != "t")
                return let_in(std::move(listener));
            const bool is_awaited =
                database_.call(LaneName::write, await_tellers_, {}, true, [exchange, let_in, listener](db::Outcome&& waited) {
                    if (const auto* failure = std::get_if<db::Failure>(&waited))
                        return fail(exchange, *failure);
                    let_in(listener);
                });
            if (!is_awaited)
                exchange->finish(to_response(busy()));
        });
    if (!is_accepted)
        throw Refusal(busy());
}

void Own::watch(const ExchangePtr& exchange) {
    // The gateway made the query out of digits; whoever else asks gets PostgreSQL's refusal.
    const std::string_view query = exchange->request.query;
    constexpr std::string_view name = "show_id=";
    if (!query.starts_with(name))
        throw Refusal(not_found());
    const bool is_accepted = database_.call(
        LaneName::write, watch_, {std::string(query.substr(name.size()))}, true,
        [exchange](db::Outcome&& outcome) {
            if (const auto* failure = std::get_if<db::Failure>(&outcome))
                return fail(exchange, *failure);
            http::Response response;
            response.status = std::get<db::Rows>(outcome).get(0, 0) == "t" ? 204 : 403;
            response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Expires", "1"}};
            exchange->finish(std::move(response));
        });
    if (!is_accepted)
        throw Refusal(busy());
}

}  // namespace boxoffice::api

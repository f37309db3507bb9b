// The addresses that are the server's own and no route's:
//   GET /healthz           the process is there
//   GET /readyz            the database answers, and has the schema that this checkout describes
//   GET /metrics           for Prometheus; the gateway does not pass it on
//   GET /openapi.json      the API, generated from the routes; GET /docs shows it
//   GET /internal/live/me  for the gateway: 204 with X-Live-Listener if somebody is signed in, else 401
//   GET /internal/live/watch?show_id=N  for the gateway: 204 if the show may be listened to, else 403
#pragma once

#include <functional>
#include <map>
#include <string>

#include "api/service.hpp"
#include "db/schema.hpp"

namespace boxoffice::api {

class Own {
public:
    using HttpStats = std::function<http::Stats()>;

    // `expected` is what the files say the database should be.
    Own(Service& service, Database& database, db::Schema expected, std::string public_url,
        HttpStats http_stats);

    // True if the address was one of these; the exchange is then answered, now or later. Any I/O thread.
    bool handle(const ExchangePtr& exchange);

private:
    void healthz(const ExchangePtr& exchange);
    void readyz(const ExchangePtr& exchange);
    void metrics(const ExchangePtr& exchange);
    void openapi(const ExchangePtr& exchange);
    void docs(const ExchangePtr& exchange);
    void live_user(const ExchangePtr& exchange);
    void watch(const ExchangePtr& exchange);

    struct Endpoint {
        void (Own::*answer)(const ExchangePtr&);
        RouteMetrics* metrics;
    };

    Service& service_;
    Database& database_;
    const db::Schema expected_;
    const std::string public_url_;
    const HttpStats http_stats_;
    const Statement installed_schema_;
    const Statement watch_user_;
    const Statement await_tellers_;
    const Statement watch_;
    const Statement metrics_;
    std::map<std::string, Endpoint, std::less<>> endpoints_;
};

}  // namespace boxoffice::api

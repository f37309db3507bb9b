// The way of every request: route, binding, guard, one call (alone or in a batch), answer. What a request
// means is the business of the function that its route names.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "api/address_limit.hpp"
#include "api/awaiter.hpp"
#include "api/coalescer.hpp"
#include "api/database.hpp"
#include "api/exchange.hpp"
#include "api/metrics.hpp"
#include "api/pages.hpp"
#include "api/passwords.hpp"
#include "api/registry.hpp"
#include "api/ticket_files.hpp"
#include "base/settings.hpp"
#include "http/server.hpp"

namespace boxoffice::api {

class Service {
public:
    // Throws what Pages throws. Stop the HTTP server and the database before the service ends: until then
    // either may call it.
    Service(const Settings& settings, Database& database);

    // Takes the registry for all requests from now on; those under way keep theirs. Throws
    // std::invalid_argument when a route needs what this server does not have; then nothing has changed. One
    // thread at a time.
    void install(std::shared_ptr<const Registry> registry);

    std::shared_ptr<const Registry> registry() const { return installed_.load()->registry; }

    // The HTTP server's handler: any I/O thread; does not block. After the first install().
    void handle(http::Request&& request, http::Responder responder);

    // Summed over all batch functions.
    Coalescer::Stats batch_stats() const;

    Metrics& metrics() { return metrics_; }
    Pages& pages() { return pages_; }

    // Answers addresses of the server's own: true if it took the exchange. Set before the first request.
    void set_own(std::function<bool(const ExchangePtr&)> own) { own_ = std::move(own); }

private:
    struct Endpoint {
        RouteMetrics* metrics;
        Coalescer* coalescer;  // null where calls go one by one
    };
    struct Installed {
        std::shared_ptr<const Registry> registry;
        std::vector<Endpoint> endpoints;  // as the registry's routes

        const Endpoint& of(const Route& route) const { return endpoints[&route - registry->routes().data()]; }
    };

    Coalescer& coalescer(const Batch& batch);

    // Runs a step of an exchange; what it throws becomes the answer.
    template <typename Step>
    void guarded(const ExchangePtr& exchange, Step step);

    void start(const ExchangePtr& exchange, const Installed& installed);
    void choose_language(Exchange& exchange) const;
    // Throws Refusal for what another site made the browser send.
    void check_origin(const Exchange& exchange) const;
    // Throws Refusal unless the provider signed the body.
    void bind_event(Exchange& exchange) const;
    // For what the gateway may keep. True if it was sent to the address of the copy; throws Refusal for an address that has had
    // too much made anew.
    bool is_kept_elsewhere(const ExchangePtr& exchange);
    void call(const ExchangePtr& exchange, Coalescer* coalescer);
    void call_alone(const ExchangePtr& exchange);
    void call_in_batch(const ExchangePtr& exchange, const std::string& key, Coalescer& coalescer);
    // The function has answered; `user` is for pages.
    void answer(const ExchangePtr& exchange, std::optional<std::string> body,
                std::optional<std::string> user);
    void answer_with(const ExchangePtr& exchange, std::string body);
    void fail(const ExchangePtr& exchange, const Problem& problem);

    Database& database_;
    const std::string public_url_;
    const std::string webhook_secret_;
    const bool is_secure_;  // cookies for https only
    Metrics metrics_;
    RouteMetrics& unmatched_;
    const std::shared_ptr<render::Currencies> currencies_;  // the registry's
    Pages pages_;
    Passwords passwords_;
    TicketFiles ticket_files_;
    Awaiter awaiter_;
    AddressLimit made_anew_;
    AddressLimit logins_;
    std::function<bool(const ExchangePtr&)> own_;
    std::atomic<std::shared_ptr<const Installed>> installed_;

    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Coalescer>> coalescers_;  // guarded by mutex_; by statement
};

}  // namespace boxoffice::api

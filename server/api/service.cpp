#include "api/service.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <ctime>

#include "api/answer.hpp"
#include "api/bind.hpp"
#include "api/canonical.hpp"
#include "api/json_object.hpp"
#include "api/signature.hpp"
#include "base/crypto.hpp"
#include "base/fault.hpp"
#include "http/url.hpp"
#include "render/language.hpp"

namespace boxoffice::api {

namespace {

constexpr long language_cookie_seconds = 365L * 24 * 3600;
constexpr size_t max_idempotency_key = 255;

std::optional<std::string> idempotency_key_of(const http::Request& request) {
    const std::string_view key = request.header("Idempotency-Key");
    if (key.empty())
        return {};
    if (key.size() > max_idempotency_key ||
        !std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; }))
        throw Refusal(
            invalid_request("Idempotency-Key", "A key has at most 255 printable ASCII characters."));
    return std::string(key);
}

std::string query_field(std::string_view query, std::string_view name) {
    if (query.find(name) == std::string_view::npos)
        return {};
    if (const auto fields = http::parse_form(query))
        for (const http::Field& field : *fields)
            if (field.name == name)
                return field.value;
    return {};
}

http::Response options_response(const std::string& allow) {
    http::Response response;
    response.status = 204;
    response.headers = {{"Allow", allow}};
    return response;
}

}  // namespace

Service::Service(const Settings& settings, Database& database)
    : database_(database),
      public_url_(settings.public_url),
      webhook_secret_(settings.stripe_webhook_secret),
      is_secure_(settings.public_url.starts_with("https://")),
      unmatched_(metrics_.route("any", "unmatched")),
      currencies_(std::make_shared<render::Currencies>()),
      pages_(settings, database, currencies_),
      passwords_(settings.password_threads, database),
      ticket_files_(settings, currencies_),
      awaiter_(database),
      made_anew_(settings.page_rate, 2 * settings.page_rate),
      logins_(settings.login_rate, 20 * settings.login_rate) {}

void Service::install(std::shared_ptr<const Registry> registry) {
    pages_.check(*registry);
    currencies_->learn(registry->currencies());
    auto installed = std::make_shared<Installed>();
    for (const Route& route : registry->routes())
        installed->endpoints.push_back(
            {&metrics_.route(route.method, route.path), route.batch ? &coalescer(*route.batch) : nullptr});
    installed->registry = std::move(registry);
    installed_.store(std::move(installed));
}

Coalescer& Service::coalescer(const Batch& batch) {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Coalescer>& entry = coalescers_[*batch.statement];
    if (!entry)
        entry = std::make_unique<Coalescer>(
            Coalescer::Limits{},
            [this, statement = batch.statement](const std::string& key, std::string requests,
                                                Database::Done done) {
                return database_.call(LaneName::write, statement, {key, std::move(requests)}, false,
                                      std::move(done));
            },
            [this](std::string_view sqlstate) { return registry()->errors().is(sqlstate, "busy"); },
            [this](size_t requests) { metrics_.batch_sent(requests); });
    return *entry;
}

Coalescer::Stats Service::batch_stats() const {
    const std::lock_guard lock(mutex_);
    Coalescer::Stats sum;
    for (const auto& [statement, coalescer] : coalescers_) {
        const Coalescer::Stats stats = coalescer->stats();
        sum.keys += stats.keys;
        sum.waiting += stats.waiting;
        sum.batches += stats.batches;
        sum.requests += stats.requests;
        sum.repeated += stats.repeated;
        sum.answered_from_memory += stats.answered_from_memory;
    }
    return sum;
}

template <typename Step>
void Service::guarded(const ExchangePtr& exchange, Step step) {
    try {
        step();
    } catch (const Refusal& refusal) {
        fail(exchange, refusal.problem());
    } catch (const std::exception& error) {
        fail(exchange, internal_error("request_failed", std::string(exchange->label) + ": " + error.what()));
    }
}

void Service::handle(http::Request&& request, http::Responder responder) {
    const auto exchange = std::make_shared<Exchange>(std::move(request), std::move(responder));
    guarded(exchange, [&] {
        const std::shared_ptr<const Installed> installed = installed_.load();
        exchange->registry = installed->registry;
        exchange->metrics = &unmatched_;
        exchange->public_url = public_url_;
        start(exchange, *installed);
    });
}

void Service::start(const ExchangePtr& exchange, const Installed& installed) {
    const http::Request& request = exchange->request;
    choose_language(*exchange);
    exchange->credential = credential_of(request, is_secure_);
    if (own_ && own_(exchange))
        return;

    Router::Match match = installed.registry->router().match(request.method, request.path);
    if (!match.route && request.method == "OPTIONS" && !match.allow.empty())
        return exchange->finish(options_response(match.allow));
    if (!match.route)
        throw Refusal(match.allow.empty() ? not_found() : method_not_allowed(match.allow));
    const Endpoint& endpoint = installed.of(*match.route);
    const Route& route = *match.route;
    exchange->route = &route;
    exchange->label = route.path;
    exchange->metrics = endpoint.metrics;

    check_origin(*exchange);
    exchange->binding = bind_arguments(route, request, match.parameters);
    // A form that opens a session is asked for its origin only: it may have been shown to another session, or
    // to none.
    if (!route.is_api() && route.takes_body() && exchange->credential.from_browser() &&
        !route.find(Source::session_hash) &&
        !equal_in_constant_time(exchange->binding.csrf, csrf_token(exchange->credential.token)))
        throw Refusal(forbidden("The form is not of this session. Load its page again."));
    if (route.cache_seconds > 0 && exchange->is_get() && is_kept_elsewhere(exchange))
        return;
    if (route.rate_class == "login" && exchange->is_limited() && !logins_.take(exchange->client_address()))
        throw Refusal(rate_limited());
    if (route.find(Source::idempotency_key))
        exchange->idempotency_key = idempotency_key_of(request);
    if (route.find(Source::session_hash))
        exchange->session_token = random_token();

    switch (route.guard) {
        case Guard::none:
            break;
        case Guard::stripe_signature:
            bind_event(*exchange);
            break;
        case Guard::password_new:
        case Guard::password_check:
        case Guard::password_own:
            return passwords_.replace(
                exchange,
                [this, exchange, coalescer = endpoint.coalescer] {
                    guarded(exchange, [&] { call(exchange, coalescer); });
                },
                [this, exchange](const Problem& problem) { fail(exchange, problem); });
    }
    call(exchange, endpoint.coalescer);
}

void Service::choose_language(Exchange& exchange) const {
    const http::Request& request = exchange.request;
    const std::string_view accepted = request.header("Accept-Language");
    const std::string asked = exchange.wants_page() ? query_field(request.query, "lang") : std::string();
    const std::string_view cookie =
        http::find_cookie(request.header("Cookie"), cookie_name(language_cookie, is_secure_));
    exchange.language = render::language_of(asked, cookie, accepted);
    exchange.is_language_of_cookie = exchange.language != render::language_of(asked, {}, accepted);
    if (!asked.empty() && asked == exchange.language && asked != cookie)
        exchange.extra_headers.push_back(
            set_cookie(language_cookie, exchange.language, language_cookie_seconds, is_secure_));
}

void Service::check_origin(const Exchange& exchange) const {
    // Who opens a session gets a cookie, so another site must not choose whose, cookie or not.
    const bool is_from_browser = exchange.credential.from_browser() || !exchange.route->is_api() ||
                                 exchange.route->find(Source::session_hash);
    if (!exchange.is_get() && is_from_browser && !is_same_origin(exchange.request, public_url_))
        throw Refusal(forbidden("Another site has sent this."));
}

void Service::bind_event(Exchange& exchange) const {
    const http::Request& request = exchange.request;
    if (!is_signed(request.header("Stripe-Signature"), request.body, webhook_secret_, std::time(nullptr))) {
        Problem problem =
            invalid_request("Stripe-Signature", "The header Stripe-Signature is missing, wrong or too old.");
        problem.code = "bad_signature";
        problem.title = "Invalid signature";
        throw Refusal(std::move(problem));
    }
    if (!is_json(request.body))
        throw Refusal(invalid_request("body", "The body is not valid JSON."));
    exchange.binding.values[*exchange.route->find(Source::event)] =
        Value{Kind::json, false, request.body, {}};
}

bool Service::is_kept_elsewhere(const ExchangePtr& exchange) {
    if (auto target = canonical_target(*exchange)) {
        http::Response response;
        response.headers = {{"X-Accel-Redirect", *std::move(target)}};
        exchange->finish(std::move(response));
        return true;
    }
    if (exchange->is_limited() && !made_anew_.take(exchange->client_address()))
        throw Refusal(rate_limited());
    return false;
}

void Service::call(const ExchangePtr& exchange, Coalescer* coalescer) {
    if (coalescer)
        if (const auto key = exchange->batch_key())
            return call_in_batch(exchange, *key, *coalescer);
    call_alone(exchange);
}

void Service::call_alone(const ExchangePtr& exchange) {
    const Route& route = *exchange->route;
    const bool may_repeat = !route.is_volatile || exchange->idempotency_key;
    fault::point(route.function, "asked");
    const auto asked_at = Exchange::Clock::now();
    const bool is_accepted =
        database_.call(route.lane, route.statement, exchange->parameters(), may_repeat,
                       [this, exchange, asked_at](db::Outcome&& outcome) {
                           exchange->database_ms = Exchange::Clock::now() - asked_at;
                           const Route& called = *exchange->route;
                           fault::point(called.function, "answered");
                           if (const auto* failure = std::get_if<db::Failure>(&outcome))
                               return fail(exchange, exchange->registry->errors().problem_of(
                                                         *failure, called.fields, called.is_volatile));
                           guarded(exchange, [&] {
                               const auto& rows = std::get<db::Rows>(outcome);
                               std::optional<std::string> body;
                               std::optional<std::string> user;
                               if (rows.rows() > 0) {
                                   body = rows.get(0, 0);
                                   if (called.answer == Answer::page)
                                       user = rows.get(0, 1);
                                   else if (called.find(Source::actor))
                                       exchange->user_id = rows.get(0, 1).value_or("");
                               }
                               answer(exchange, std::move(body), std::move(user));
                           });
                       });
    if (!is_accepted)
        throw Refusal(busy());
}

void Service::call_in_batch(const ExchangePtr& exchange, const std::string& key, Coalescer& coalescer) {
    const auto asked_at = Exchange::Clock::now();
    BatchRequest request = exchange->batch_request();
    request.done = [this, exchange, asked_at](Verdict&& verdict) {
        exchange->database_ms = Exchange::Clock::now() - asked_at;
        if (const auto* failure = std::get_if<db::Failure>(&verdict))
            return fail(exchange, exchange->registry->errors().problem_of(*failure, {}, true));
        guarded(exchange, [&] { answer(exchange, std::move(std::get<std::string>(verdict)), {}); });
    };
    if (!coalescer.add(key, request))
        throw Refusal(busy());
}

void Service::answer(const ExchangePtr& exchange, std::optional<std::string> body,
                     std::optional<std::string> user) {
    const Route& route = *exchange->route;
    if (route.status == 204) {
        if (const auto failure = failure_in(body.value_or("")))
            return fail(exchange, exchange->registry->errors().problem_of(*failure, {}, false));
        std::string none = "{}";
        settle_session(*exchange, none, is_secure_);
        http::Response response;
        response.status = 204;
        return exchange->finish(std::move(response));
    }
    if (!body)
        return fail(exchange, not_found());
    if (const auto failure = failure_in(*body))
        return fail(exchange, exchange->registry->errors().problem_of(*failure, {}, false));
    settle_session(*exchange, *body, is_secure_);
    if (route.answer == Answer::pdf || route.answer == Answer::ics)
        return ticket_files_.answer(exchange, *std::move(body));
    if (route.answer == Answer::page)
        return pages_.show(exchange, route.status, route.page, *std::move(body), std::move(user));
    if (Awaiter::is_due(*exchange, *body))
        return awaiter_.wait(exchange, *body, [this, exchange](Verdict&& verdict) {
            if (const auto* failure = std::get_if<db::Failure>(&verdict))
                return fail(exchange, exchange->registry->errors().problem_of(*failure, {}, false));
            guarded(exchange, [&] { answer_with(exchange, std::move(std::get<std::string>(verdict))); });
        });
    answer_with(exchange, *std::move(body));
}

void Service::answer_with(const ExchangePtr& exchange, std::string body) {
    http::Response response = answer_of(*exchange, std::move(body), pages_.payment_origin());
    add_caching(*exchange, response);
    exchange->finish(std::move(response));
}

void Service::fail(const ExchangePtr& exchange, const Problem& problem) {
    if (exchange->wants_page())
        pages_.show_problem(exchange, problem);
    else
        exchange->finish(to_response(problem));
}

}  // namespace boxoffice::api

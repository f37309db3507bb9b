#include "sandbox/sandbox.hpp"

#include <curl/curl.h>

#include <chrono>
#include <string>

#include "base/log.hpp"
#include "base/signals.hpp"
#include "base/timer.hpp"
#include "db/conninfo.hpp"
#include "db/lane.hpp"
#include "http/server.hpp"
#include "sandbox/api.hpp"
#include "sandbox/hosted_page.hpp"
#include "sandbox/webhooks.hpp"

namespace boxoffice {
namespace {

// Each carries one request; commits at once share a flush to disk. They do wait for it, although without that
// it takes twice the payments: a shop that had heard of an authorization just before PostgreSQL was killed
// found it gone afterwards, which no provider does.
constexpr std::size_t connections = 16;
constexpr std::chrono::seconds grace{5};

}  // namespace

int run_sandbox(const Settings& settings) {
    block_stop_signals();
    curl_global_init(CURL_GLOBAL_DEFAULT);

    const std::string conninfo = db::conninfo_keeping_plans(
        db::conninfo_with(db::conninfo_as(settings.database_url, "boxoffice_sandbox", "boxoffice sandbox"),
                          {{"sandbox.base_url", settings.sandbox_url}}));
    {
        Timer timer;
        db::Lanes lanes({.conninfo = conninfo, .name = "sandbox", .connections = connections});
        http::Server server({.address = settings.sandbox_listen.host,
                             .port = settings.sandbox_listen.port,
                             .threads = 1,
                             .error_body =
                                 [](int status, std::string_view why) {
                                     return sandbox::error_response(status, "invalid_request_error", why);
                                 },
                             .log =
                                 [](std::string_view line) {
                                     log::info("http", {{"line", line}});
                                 }},
                            [&lanes, &timer, &settings](http::Request&& request, const http::Responder& responder) {
                                if (request.path == "/healthz") {
                                    responder.send({.body = "ok\n"});
                                } else if (request.path.starts_with("/pay/")) {
                                    sandbox::answer_page(request, responder, lanes);
                                } else {
                                    sandbox::answer_api(request, responder, settings.stripe_secret_key, lanes, timer);
                                }
                            });
        server.start();
        const sandbox::Webhooks webhooks(
            "http://" + settings.server_listen.text() + "/api/v1/webhooks/stripe",
            settings.stripe_webhook_secret,
            // A delivery that a crash forgets is made again.
            db::conninfo_with(conninfo, {{"synchronous_commit", "off"}}));
        log::info("sandbox_started", {{"listen", settings.sandbox_listen.text()}});

        wait_for_stop_signal();
        log::info("sandbox_stopping");
        server.stop(grace);
        lanes.stop(grace);
    }
    log::info("sandbox_stopped");
    curl_global_cleanup();
    return 0;
}

}  // namespace boxoffice

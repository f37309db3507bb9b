#include "worker/worker.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/signals.hpp"
#include "db/conninfo.hpp"
#include "worker/live.hpp"
#include "worker/outbox.hpp"
#include "worker/payments.hpp"
#include "worker/pool.hpp"

namespace boxoffice {
namespace {

using std::chrono::milliseconds;

// How long to wait before asking for work again: after some was found, and at most when there is none.
constexpr milliseconds busy_pause{20};
constexpr milliseconds idle_pause{100};
// After the database could not be asked.
constexpr milliseconds broken_pause{1000};

// A subject's handlers are added here.
worker::Handlers make_handlers(const Settings& settings, worker::LiveFigures& live_figures) {
    worker::Handlers handlers;
    worker::add_live_handler(handlers, settings, live_figures);
    worker::add_payment_handlers(handlers, settings);
    return handlers;
}

std::vector<std::string> kinds_of(const worker::Handlers& handlers) {
    std::vector<std::string> kinds;
    for (const auto& [kind, handler] : handlers) {
        kinds.push_back(kind);
    }
    return kinds;
}

std::string worker_name() {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return std::string(host) + ":" + std::to_string(getpid());
}

// Feeds the pool until the process is asked to stop.
void feed(worker::Pool& pool, worker::Outbox& outbox, const std::vector<std::string>& kinds) {
    const std::string name = worker_name();
    milliseconds pause = busy_pause;
    while (!wait_for_stop_signal(pause)) {
        try {
            const std::size_t room = pool.room();
            if (room == 0) {
                pause = busy_pause;
                continue;
            }
            std::vector<worker::Job> jobs = outbox.claim(name, kinds, room);
            pause = jobs.empty() ? std::min(pause * 2, idle_pause) : busy_pause;
            pool.add(std::move(jobs));
        } catch (const pqxx::failure& error) {
            log::warning("outbox_unreachable", {{"why", error.what()}});
            pause = broken_pause;
        }
    }
}

}  // namespace

int run_worker(const Settings& settings) {
    block_stop_signals();
    curl_global_init(CURL_GLOBAL_DEFAULT);

    // What waits for a lock for longer than a lease lasts would be done twice, and keep the worker from
    // stopping.
    const std::string conninfo =
        db::conninfo_with(db::conninfo_as(settings.database_url, "boxoffice_worker", "boxoffice worker"),
                          {{"statement_timeout", std::to_string(worker::Outbox::lease_seconds) + "s"}});
    // A claim that is lost in a crash of PostgreSQL is made again, so its commit need not wait for the disk.
    worker::Outbox outbox(db::conninfo_with(conninfo, {{"synchronous_commit", "off"}}));
    worker::LiveFigures live_figures;
    const auto handlers = [&] { return make_handlers(settings, live_figures); };
    {
        const worker::LivePublisher live_publisher(settings, conninfo, worker_name(), live_figures);
        worker::Pool pool(settings.worker_threads, handlers, conninfo);
        log::info("worker_started", {{"threads", settings.worker_threads}});
        feed(pool, outbox, kinds_of(handlers()));
        log::info("worker_stopping");
    }
    log::info("worker_stopped");
    curl_global_cleanup();
    return 0;
}

}  // namespace boxoffice

#include "worker/worker.hpp"

#include <curl/curl.h>
#include <rapidjson/document.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/signals.hpp"
#include "db/conninfo.hpp"
#include "db/session.hpp"
#include "render/currencies.hpp"
#include "worker/live.hpp"
#include "worker/mail.hpp"
#include "worker/outbox.hpp"
#include "worker/payments.hpp"
#include "worker/pool.hpp"

namespace boxoffice {
namespace {

using std::chrono::milliseconds;

// How long to wait before asking for work again: after some was found, and at most when there is none.
constexpr milliseconds busy_pause{20};
constexpr milliseconds idle_pause{100};
// How often it is asked whether the provider's list of events is to be read (sql/ops/provider_events.sql).
constexpr milliseconds read_events_rhythm{1000};
// After the database could not be asked.
constexpr milliseconds broken_pause{1000};

// No job waits behind more than one other.
worker::Pool::Size crew_size(const Settings& settings) {
    return {settings.worker_threads, settings.worker_threads * 2};
}

// Mails have threads of their own, so that a mail server that is slow holds up no payment. For files one that rests is
// best: more would wait for each other at the directory, and keep processors from those who buy.
worker::Pool::Size postmen_size(const Settings& settings) {
    return settings.smtp_url.empty() ? worker::Pool::Size{1, 16, true} : worker::Pool::Size{4, 8};
}

// A ticket takes a hundredth of a second to draw, more than the purchase: those who still buy go first.
constexpr int mail_nice = 10;

worker::Handlers make_mail_handlers(const Settings& settings,
                                    std::shared_ptr<const mail::Templates> templates,
                                    const std::string& conninfo) {
    worker::Handlers handlers;
    worker::add_mail_handlers(handlers, settings, std::move(templates), conninfo);
    return handlers;
}

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

// Threads with the kinds of jobs that are theirs.
struct Crew {
    Crew(worker::Pool::Size size, std::function<worker::Handlers()> handlers, const std::string& conninfo,
         int nice = 0)
        : kinds(kinds_of(handlers())), pool(size, std::move(handlers), conninfo, nice) {}

    const std::vector<std::string> kinds;
    worker::Pool pool;
};

// Gives the crew what it has room for and is due, once it has done half of what it had. Answers whether it has enough to do.
bool feed(Crew& crew, worker::Outbox& outbox, const std::string& name) {
    const std::size_t room = crew.pool.room();
    if (room < crew.pool.capacity() / 2) {
        return true;
    }
    std::vector<worker::Job> jobs = outbox.claim(name, crew.kinds, room);
    const bool is_busy = !jobs.empty();
    crew.pool.add(std::move(jobs));
    return is_busy;
}

render::Currencies::Decimals load_currencies(const std::string& conninfo) {
    const std::string json = db::Session(conninfo).value("catalog.currency_decimals").value_or("");
    rapidjson::Document document;
    document.Parse(json.data(), json.size());
    return render::read_currencies(document);
}

// Feeds the crews until the process is asked to stop. What they need of the database comes first: `prepare` is called until it
// does not throw.
void feed(std::initializer_list<Crew*> crews, worker::Outbox& outbox, const std::function<void()>& prepare) {
    const std::string name = worker_name();
    milliseconds pause = busy_pause;
    bool is_prepared = false;
    auto read_events_at = std::chrono::steady_clock::now();
    while (!wait_for_stop_signal(pause)) {
        try {
            if (!is_prepared) {
                prepare();
                is_prepared = true;
            }
            if (std::chrono::steady_clock::now() >= read_events_at) {
                outbox.promise_reading_events();
                read_events_at = std::chrono::steady_clock::now() + read_events_rhythm;
            }
            bool is_busy = false;
            for (Crew* crew : crews) {
                is_busy = feed(*crew, outbox, name) || is_busy;
            }
            pause = is_busy ? busy_pause : std::min(pause * 2, idle_pause);
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

    const auto currencies = std::make_shared<render::Currencies>();
    const auto templates = std::make_shared<const mail::Templates>(
        settings.root / "templates", settings.public_url, currencies, [](std::string_view key) {
            log::warning("no_message", {{"key", key}});
        });

    // What waits for a lock for longer than a lease lasts would be done twice, and keep the worker from
    // stopping.
    const std::string conninfo = db::conninfo_keeping_plans(
        db::conninfo_with(db::conninfo_as(settings.database_url, "boxoffice_worker", "boxoffice worker"),
                          {{"statement_timeout", std::to_string(worker::Outbox::lease_seconds) + "s"}}));
    // A claim that is lost in a crash of PostgreSQL is made again, so its commit need not wait for the disk.
    worker::Outbox outbox(db::conninfo_with(conninfo, {{"synchronous_commit", "off"}}));
    worker::LiveFigures live_figures;
    {
        const worker::LivePublisher live_publisher(settings, conninfo, worker_name(), live_figures);
        Crew crew(
            crew_size(settings), [&] { return make_handlers(settings, live_figures); }, conninfo);
        Crew postmen(
            postmen_size(settings), [&] { return make_mail_handlers(settings, templates, conninfo); }, conninfo,
            mail_nice);
        log::info("worker_started", {{"threads", settings.worker_threads}});
        feed({&crew, &postmen}, outbox, [&] { currencies->learn(load_currencies(conninfo)); });
        log::info("worker_stopping");
    }
    log::info("worker_stopped");
    curl_global_cleanup();
    return 0;
}

}  // namespace boxoffice

#include "api/metrics.hpp"

#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace boxoffice::api {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::chrono::seconds say_after{10};

const prometheus::Histogram::BucketBoundaries second_bounds{.001, .002, .005, .01, .02, .05,
                                                            .1,   .2,   .5,   1,   2,   5};
const prometheus::Histogram::BucketBoundaries batch_bounds{1, 2, 4, 8, 16, 32, 64, 128, 256};

// Figures that others count, as one family.
class Snapshot {
public:
    Snapshot(std::string name, std::string help, MetricType type)
        : family_{std::move(name), std::move(help), type, {}} {}

    Snapshot& add(double value, Labels labels = {}) {
        ClientMetric metric;
        metric.label = std::move(labels);
        (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
        family_.metric.push_back(std::move(metric));
        return *this;
    }

    const MetricFamily& family() const { return family_; }

private:
    MetricFamily family_;
};

double resident_bytes() {
    double pages = 0;
    std::ifstream statm("/proc/self/statm");
    statm >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void add_lanes(std::vector<MetricFamily>& families, const std::vector<Database::NamedStats>& lanes) {
    Snapshot queued("boxoffice_lane_queued", "Calls that wait to be sent", MetricType::Gauge);
    Snapshot in_flight("boxoffice_lane_in_flight", "Calls that are under way", MetricType::Gauge);
    Snapshot connected("boxoffice_lane_connections", "Connections that can take a call", MetricType::Gauge);
    Snapshot reconnects("boxoffice_lane_connections_lost_total", "Connections that were lost",
                        MetricType::Counter);
    Snapshot resent("boxoffice_lane_resent_total", "Calls that were sent more than once",
                    MetricType::Counter);
    Snapshot timed_out("boxoffice_lane_timed_out_total", "Calls that waited too long", MetricType::Counter);
    Snapshot completed("boxoffice_lane_calls_total", "Calls that ended", MetricType::Counter);
    for (const auto& [lane, stats] : lanes) {
        const Labels labels{{"lane", lane}};
        queued.add(static_cast<double>(stats.queued), labels);
        in_flight.add(static_cast<double>(stats.in_flight), labels);
        connected.add(static_cast<double>(stats.connected), labels);
        reconnects.add(static_cast<double>(stats.reconnects), labels);
        resent.add(static_cast<double>(stats.resent), labels);
        timed_out.add(static_cast<double>(stats.timed_out), labels);
        completed.add(static_cast<double>(stats.completed), labels);
    }
    for (const Snapshot* snapshot :
         {&queued, &in_flight, &connected, &reconnects, &resent, &timed_out, &completed})
        families.push_back(snapshot->family());
}

}  // namespace

void RouteMetrics::observe(int status, std::chrono::duration<double> took) {
    by_class_.at(static_cast<size_t>(std::clamp(status / 100, 2, 5)) - 2)->Increment();
    seconds_->Observe(took.count());
}

std::uint64_t RouteMetrics::rejected(std::chrono::steady_clock::time_point now) {
    using std::chrono::steady_clock;
    rejected_.fetch_add(1, std::memory_order_relaxed);
    steady_clock::rep due = say_rejected_at_.load(std::memory_order_relaxed);
    const steady_clock::rep time = now.time_since_epoch().count();
    // Of several at once one says it.
    if (time < due || !say_rejected_at_.compare_exchange_strong(due, time + steady_clock::duration(say_after).count()))
        return 0;
    return rejected_.exchange(0, std::memory_order_relaxed);
}

Metrics::Metrics()
    : requests_(prometheus::BuildCounter()
                    .Name("boxoffice_http_requests_total")
                    .Help("Requests that were answered")
                    .Register(registry_)),
      seconds_(prometheus::BuildHistogram()
                   .Name("boxoffice_http_request_seconds")
                   .Help("From the whole request to its answer")
                   .Register(registry_)),
      batch_requests_(&prometheus::BuildHistogram()
                           .Name("boxoffice_batch_requests")
                           .Help("Requests that were sent together")
                           .Register(registry_)
                           .Add({}, batch_bounds)) {}

RouteMetrics& Metrics::route(const std::string& method, const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = routes_.try_emplace(method + ' ' + path);
    RouteMetrics& route = entry->second;
    if (is_new) {
        for (size_t i = 0; i < route.by_class_.size(); ++i)
            route.by_class_.at(i) = &requests_.Add(
                {{"method", method}, {"route", path}, {"status", std::to_string(i + 2) + "xx"}});
        route.seconds_ = &seconds_.Add({{"method", method}, {"route", path}}, second_bounds);
    }
    return route;
}

std::string Metrics::text(const http::Stats& http, const std::vector<Database::NamedStats>& lanes,
                          const Coalescer::Stats& batches, const Figures& figures) const {
    std::vector<MetricFamily> families = registry_.Collect();
    add_lanes(families, lanes);
    for (const Figure& figure : figures)
        families.push_back(Snapshot("boxoffice_" + figure.name, "What the workers and jobs counted",
                                    figure.is_counter ? MetricType::Counter : MetricType::Gauge)
                               .add(figure.value)
                               .family());
    const auto add = [&](const char* name, const char* help, MetricType type, auto value) {
        families.push_back(Snapshot(name, help, type).add(static_cast<double>(value)).family());
    };
    add("boxoffice_http_connections", "Connections that are open", MetricType::Gauge, http.connections_open);
    add("boxoffice_http_connections_total", "Connections that were accepted", MetricType::Counter,
        http.connections_accepted);
    add("boxoffice_http_connections_refused_total", "Connections over the limit", MetricType::Counter,
        http.connections_refused);
    add("boxoffice_http_refused_total", "Requests that could not be read", MetricType::Counter,
        http.requests_refused);
    add("boxoffice_http_timeouts_total", "Connections that were too slow", MetricType::Counter,
        http.timeouts);
    add("boxoffice_http_buffered_bytes", "Bodies on their way in and out", MetricType::Gauge,
        http.bytes_buffered);
    add("boxoffice_batch_keys", "Keys that have a batch under way", MetricType::Gauge, batches.keys);
    add("boxoffice_batch_waiting", "Requests that wait for their batch", MetricType::Gauge, batches.waiting);
    add("boxoffice_batch_repeated_total", "Requests that were sent in another batch", MetricType::Counter,
        batches.repeated);
    add("boxoffice_batch_remembered_total", "Requests that were refused from memory", MetricType::Counter,
        batches.answered_from_memory);
    add("boxoffice_resident_bytes", "Memory of the process", MetricType::Gauge, resident_bytes());
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace boxoffice::api

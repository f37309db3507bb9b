// What GET /metrics tells Prometheus: requests by route, batches, and the state of the parts at that moment.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/coalescer.hpp"
#include "api/database.hpp"
#include "http/server.hpp"

namespace boxoffice::api {

// The figures of one route.
class RouteMetrics {
public:
    // Any thread.
    void observe(int status, std::chrono::duration<double> took);

    // Counts a request that was refused for now (429, 503). How many there were since this was answered last, the first time and
    // then every ten seconds; 0 in between, where nothing is to be said.
    std::uint64_t rejected(std::chrono::steady_clock::time_point now);

private:
    friend class Metrics;

    std::atomic<std::uint64_t> rejected_{0};  // and not said yet
    std::atomic<std::chrono::steady_clock::rep> say_rejected_at_{0};

    std::array<prometheus::Counter*, 4> by_class_{};  // 2xx, 3xx, 4xx, 5xx
    prometheus::Histogram* seconds_ = nullptr;
};

class Metrics {
public:
    Metrics();

    // The figures of a route, made when first asked for. Any thread; the reference stays valid.
    RouteMetrics& route(const std::string& method, const std::string& path);

    void batch_sent(size_t requests) { batch_requests_->Observe(static_cast<double>(requests)); }

    // What others counted and the database keeps: ops.metrics.
    struct Figure {
        std::string name;  // without the prefix "boxoffice_"
        bool is_counter;
        double value;
    };
    using Figures = std::vector<Figure>;

    // In Prometheus' text format.
    std::string text(const http::Stats& http, const std::vector<Database::NamedStats>& lanes,
                     const Coalescer::Stats& batches, const Figures& figures) const;

private:
    prometheus::Registry registry_;
    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& seconds_;
    prometheus::Histogram* batch_requests_;

    std::mutex mutex_;
    std::map<std::string, RouteMetrics> routes_;  // guarded by mutex_
};

}  // namespace boxoffice::api

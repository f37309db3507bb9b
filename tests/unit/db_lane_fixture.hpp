// What the tests of the lanes share: calls that are waited for.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "db/conninfo.hpp"
#include "db/lane.hpp"
#include "db/session.hpp"
#include "unit/db_cluster.hpp"

namespace boxoffice::db {

using Parameters = std::vector<std::optional<std::string>>;
using namespace std::chrono_literals;

inline Options lane_options(std::size_t connections, std::size_t depth) {
    Options options;
    options.conninfo = conninfo_as(Cluster::instance().url(), "postgres", "lane test");
    options.name = "test";
    options.connections = connections;
    options.pipeline_depth = depth;
    options.max_queue = 100000;
    return options;
}

inline Call make_call(std::string sql, Parameters parameters = {}, std::chrono::milliseconds patience = 20s) {
    Call call;
    call.sql = std::make_shared<const std::string>(std::move(sql));
    call.parameters = std::move(parameters);
    call.deadline = std::chrono::steady_clock::now() + patience;
    return call;
}

inline std::future<Outcome> submit(Lanes& lanes, Call call) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    call.done = [promise](Outcome&& outcome) { promise->set_value(std::move(outcome)); };
    if (!lanes.submit(std::move(call))) {
        throw std::runtime_error("the lane did not take the call");
    }
    return promise->get_future();
}

inline Outcome answer(std::future<Outcome> future) {
    if (future.wait_for(30s) != std::future_status::ready) {
        throw std::runtime_error("no answer in 30 s");
    }
    return future.get();
}

inline Outcome ask(Lanes& lanes, Call call) {
    return answer(submit(lanes, std::move(call)));
}

inline Outcome ask(Lanes& lanes, std::string sql, Parameters parameters = {}) {
    return ask(lanes, make_call(std::move(sql), std::move(parameters)));
}

// The one value of an answer as text: "null" for NULL, and the SQLSTATE for a failure.
inline std::string text_of(const Outcome& outcome) {
    if (const auto* failure = std::get_if<Failure>(&outcome)) {
        return failure->sqlstate;
    }
    return std::string(std::get<Rows>(outcome).get(0, 0).value_or("null"));
}

// Waits up to ten seconds until the condition holds.
inline bool eventually(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 1000; ++attempt) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

}  // namespace boxoffice::db

// Coalescing: requests for one key (a show) that arrive while a batch for that key is under way are sent
// together as the next one. There is no timer, so an idle system adds no latency; batches of different keys
// run side by side.
//
//   add ─► waiting of its key ─► batch under way ─► its verdict
//              ▲                     │ verdict busy, three times at most
//              └─────────────────────┤ connection lost, if the request is repeatable, three times at most
//                                    │ the whole batch failed for another reason: once more, each request
//                                    alone, ┘ so that one that cannot be done does not undo its neighbours
//
// What is lost: nothing. Each request gets exactly one answer, and a request that may have been done is sent
// again only if it is repeatable, that is, has an idempotency key; otherwise its answer is the failure 08006.
//
// The batch function is (key, jsonb array of requests) returns (n, sqlstate, message, body) with a row a
// request: sqlstate null and the body of the answer, or an SQLSTATE of api.error with its members as body. A
// refusal whose body has "remember_ms" is remembered for so long, a second at most, and answers requests that
// say the same. They are not authenticated then: all they learn is that it is sold out.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "db/lane.hpp"

namespace boxoffice::api {

// What becomes of one request: the body that its function answered, or why not (message and members as those
// of an error that was raised).
using Verdict = std::variant<std::string, db::Failure>;

struct BatchRequest {
    std::string fields;    // JSON members without braces, what the function needs to know of the request
    std::string sameness;  // what makes it the same as another, for what is remembered; empty: never the same
    bool repeatable = false;              // doing it twice is doing it once
    std::function<void(Verdict&&)> done;  // on any thread; must be short and not throw
};

class Coalescer {
public:
    struct Limits {
        size_t batch_requests = 256;
        size_t batch_bytes = 256 * 1024;
        size_t waiting_for_key = 2048;
        size_t waiting = 8192;
        size_t waiting_bytes = 8 * 1024 * 1024;
        size_t remembered = 4096;
    };

    struct Stats {
        size_t keys = 0;     // that have a batch under way
        size_t waiting = 0;  // requests
        std::uint64_t batches = 0;
        std::uint64_t requests = 0;  // sent in them, repeats included
        std::uint64_t repeated = 0;  // sent again
        std::uint64_t answered_from_memory = 0;
    };

    // Sends a batch: the key, the requests as a JSON array, and what to call with the outcome, once, on any
    // thread. False, and nothing will be called, when it cannot be sent.
    using Send = std::function<bool(const std::string& key, std::string requests,
                                    std::function<void(db::Outcome&&)> done)>;
    using IsBusy = std::function<bool(std::string_view sqlstate)>;
    using Sized = std::function<void(size_t requests)>;

    // `is_busy` tells the SQLSTATE of the verdict that is worth trying again; `sized` hears of each batch.
    Coalescer(Limits limits, Send send, IsBusy is_busy, Sized sized = {});
    Coalescer(const Coalescer&) = delete;
    Coalescer& operator=(const Coalescer&) = delete;

    // Any thread. False when there is no room: `request` is untouched then, and is not answered.
    bool add(const std::string& key, BatchRequest& request);

    Stats stats() const;

private:
    using Clock = std::chrono::steady_clock;

    struct Item {
        BatchRequest request;
        int repeats = 0;
        bool alone = false;     // in a batch of its own
        bool in_doubt = false;  // was under way when a connection broke, so it may have been done
    };
    using Items = std::deque<Item>;
    struct Queue {
        Items waiting;
        bool under_way = false;
    };
    struct Memory {
        Clock::time_point until;
        db::Failure verdict;
    };
    struct Answer {
        std::function<void(Verdict&&)> done;
        Verdict verdict;
    };

    void send_next(const std::string& key);
    Items take(Queue& queue);
    void finish(const std::string& key, Items batch, db::Outcome outcome);
    static db::Failure told(const Item& item, const db::Failure& failure);
    // Sorts a batch into answers and what is to be sent again.
    void judge(const std::string& key, Items& batch, const db::Rows& rows, std::vector<Answer>& answers,
               Items& again);
    void judge(Items& batch, const db::Failure& failure, std::vector<Answer>& answers, Items& again) const;
    void remember(const std::string& key, const Item& item, db::Failure& verdict);
    const db::Failure* recall(const std::string& key, const BatchRequest& request);

    const Limits limits_;
    const Send send_;
    const IsBusy is_busy_;
    const Sized sized_;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Queue> queues_;     // guarded by mutex_; those with a batch under way
    std::unordered_map<std::string, Memory> memories_;  // guarded by mutex_; by key and sameness
    size_t waiting_bytes_ = 0;                          // guarded by mutex_
    Stats stats_;                                       // guarded by mutex_
};

}  // namespace boxoffice::api

// Answers that are not ready when their function has committed: a route's await_function is asked every 30
// ms, for ten seconds at most, until it answers. No thread waits meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "api/database.hpp"
#include "api/exchange.hpp"
#include "base/timer.hpp"

namespace boxoffice::api {

class Awaiter {
public:
    explicit Awaiter(Database& database) : database_(database) {}

    // Whether `answer` of the route's function says "await": true and the route has somebody to ask.
    static bool is_due(const Exchange& exchange, const std::string& answer);

    // Calls `done` once, on another thread, with what the await_function answered; with `answer` less "await"
    // if it has not answered in time, or cannot be asked; or with an error of ours that it raised. Throws
    // std::invalid_argument when `answer` lacks an argument of the await_function.
    void wait(const ExchangePtr& exchange, const std::string& answer, std::function<void(Verdict&&)> done);

private:
    struct Waiting {
        ExchangePtr exchange;
        Parameters parameters;
        std::string otherwise;  // the answer when time is over
        std::chrono::steady_clock::time_point until;
        std::function<void(Verdict&&)> done;
    };

    void ask(const std::shared_ptr<Waiting>& waiting);
    void end(const std::shared_ptr<Waiting>& waiting, Verdict&& verdict);

    Database& database_;
    std::atomic<int> count_{0};
    Timer timer_;
};

}  // namespace boxoffice::api

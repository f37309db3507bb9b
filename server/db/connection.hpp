// One libpq connection of a lane: nonblocking, in pipeline mode, watched by the lane's epoll.
// It connects, sends and receives; what becomes of a call that failed or was lost is the lane's to say.
// All of it runs on the lane's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "db/lane.hpp"

struct pg_conn;

namespace boxoffice::db {

using Clock = std::chrono::steady_clock;

// A call and how often it was sent.
struct Job {
    Call call;
    std::size_t statement = 0;  // the number of its text within the lane
    int sendings = 0;
    bool is_in_doubt = false;  // was under way when a connection broke, so it may have taken effect
};

// A call whose transaction has ended.
struct Finished {
    Job job;
    Outcome outcome;
    bool is_transient = false;  // rolled back for no fault of the call: sending it again is always safe
};

class Connection {
public:
    enum class State { down, connecting, up };

    // `conninfo`, `lane` (its name, for the log) and the descriptor `epoll` outlive the connection; events
    // carry `tag`.
    Connection(const std::string& conninfo, const std::string& lane, int epoll, std::uint64_t tag);
    ~Connection();

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    State state() const { return state_; }
    std::size_t in_flight() const { return in_flight_.size(); }

    // When it was last seen to make progress: connected, received something, or got its first job.
    Clock::time_point progress_at() const { return progress_at_; }

    // Why it went down.
    const std::string& error() const { return error_; }

    // From down to connecting, or down again at once.
    void connect(Clock::time_point now);

    // Reads and writes what the socket allows. Appends the calls whose transaction has ended.
    void handle_event(Clock::time_point now, std::vector<Finished>& finished);

    // Sends one job; only while up. False: the connection is down, and the job, still the caller's, cannot
    // have taken effect, since no Sync follows it.
    bool send(Job& job, Clock::time_point now);

    // Closes it; `error` is why, unless PostgreSQL itself said why before.
    void close(std::string error);

    // The jobs that were under way when it went down, oldest first.
    std::deque<Job> take_lost();

private:
    struct Finish {
        void operator()(pg_conn* connection) const;
    };

    // A job that was sent, and what is known of its outcome until the Sync tells that it is final.
    struct InFlight {
        Job job;
        std::uint32_t generation = 0;  // of its statement
        bool is_preparing = false;
        bool is_transient = false;
        std::optional<Outcome> outcome;
    };

    // A statement on this connection.
    struct Statement {
        bool is_prepared = false;      // Parse was sent and has not failed
        std::uint32_t generation = 0;  // how often it had to be prepared anew
        Failure refusal;               // why Parse failed last
    };

    void advance_connecting(Clock::time_point now);
    void enter_pipeline(Clock::time_point now);
    Statement& statement(const Job& job);
    bool queue_commands(const InFlight& flight);
    void receive(std::vector<Finished>& finished);
    void take_result(pg_result* result, std::vector<Finished>& finished);
    Failure failure_of(InFlight& flight, const pg_result* result);
    void flush();
    void watch(std::uint32_t events);

    const std::string& conninfo_;
    const std::string& lane_;
    const int epoll_;
    const std::uint64_t tag_;
    std::unique_ptr<pg_conn, Finish> connection_;
    State state_ = State::down;
    std::string error_;
    Clock::time_point progress_at_;
    std::uint32_t watched_ = 0;          // epoll events asked for
    std::deque<InFlight> in_flight_;     // in the order in which they were sent
    std::vector<Statement> statements_;  // by number
};

}  // namespace boxoffice::db

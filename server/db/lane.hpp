// The path from a request to its function: a few libpq connections driven by one thread.
//
// A Lanes object owns its connections, a bounded queue before them, and the one event-loop thread that
// drives them, nonblocking and in pipeline mode. Each call is a transaction of its own (a Sync follows
// it), so an error spoils no neighbour, and a call is done only when its transaction has ended.
//
//   write lanes: many connections of depth 1, because commits of several connections are flushed
//                together (one connection with a Sync a call: 2.7k/s; see also lane_loop.cpp);
//   read lanes:  few connections of depth 8 to 32, which saves round trips and processes.
//
// No call is lost: each ends with exactly one `done`.
//   - Not yet sent, it waits in the queue until a connection is free, or back again after a loss, or
//     until its deadline: Failure 57014.
//   - Serialization failures and deadlocks (40001, 40P01) are sent again, three times at most.
//   - If the connection breaks while it is under way, it is sent again when `retry` allows that, three
//     times at most; otherwise Failure 08006: the outcome is unknown. It stays so whatever keeps the call
//     from ending by a later sending: 57014 and its like then become 08006 too.
//
// Not for LISTEN, COPY, or transactions of several statements: see session.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct pg_result;

namespace boxoffice::db {

// What the database, or the lane, said instead of an answer.
struct Failure {
    std::string sqlstate;  // "08006" when the connection was lost under way
    std::string message;
    std::string detail;
    std::string context;  // PL/pgSQL's call stack: for the log only
};

// The rows of an answer, as text. Views are valid as long as the object.
class Rows {
public:
    explicit Rows(pg_result* result) : result_(result) {}

    int rows() const;
    int columns() const;
    // Nothing for NULL. Row and column must exist.
    std::optional<std::string_view> get(int row, int column) const;

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

using Outcome = std::variant<Rows, Failure>;

struct Call {
    // Prepared by its text, once a connection (again when a function in it was made anew); keep the
    // number of different texts bounded.
    std::shared_ptr<const std::string> sql;
    // $1, $2, … in PostgreSQL's text format; nothing is NULL.
    std::vector<std::optional<std::string>> parameters;
    // Runs once, on the lane's thread: hand the answer over and return. Must not throw.
    std::function<void(Outcome&&)> done;
    // Until when it may wait to be sent. What is under way is bound by the statement time-out.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    // May be sent again although the first sending may have taken effect: true for stable functions.
    bool retry = false;
};

struct Options {
    std::string conninfo;  // see conninfo.hpp
    std::string name;      // in log lines: "read", "write", …
    std::size_t connections = 4;
    std::size_t pipeline_depth = 1;  // calls under way on one connection
    std::size_t max_queue = 1024;    // calls that wait
    std::chrono::milliseconds statement_timeout{5000};
    bool read_only = false;  // every transaction is read only
};

struct Stats {
    std::size_t queued = 0;        // calls that wait to be sent
    std::size_t in_flight = 0;     // calls that are under way
    std::size_t connected = 0;     // connections that can take a call
    std::uint64_t reconnects = 0;  // connections lost since the start
    std::uint64_t resent = 0;      // calls that were sent more than once
    std::uint64_t timed_out = 0;   // calls that met their deadline in the queue
    std::uint64_t completed = 0;   // calls that ended, however
};

class Lanes {
public:
    // Starts the thread and begins to connect; does not wait for it. Looking up a host's name is the one
    // thing that blocks the thread. Throws SettingsError when libpq cannot read the conninfo.
    explicit Lanes(Options options);
    // As stop() without grace.
    ~Lanes();

    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    // Queues a call; any thread, also from within `done`. False, and the call is untouched, when the
    // queue is full or the lanes are stopping.
    bool submit(Call&& call);

    // Takes no more calls, lets those it has end for at most `grace`, then fails the rest (57P01 what
    // was never sent, 08006 what was) and joins the thread. Not from within `done`. Idempotent.
    void stop(std::chrono::milliseconds grace);

    // Any thread; the figures are of slightly different moments.
    Stats stats() const;

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace boxoffice::db

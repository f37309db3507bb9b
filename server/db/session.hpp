// One connection that calls functions one after the other: for the worker, the sandbox and tests.
// Not for requests of the server (lane.hpp), and not for several threads at once.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::db {

// An argument in PostgreSQL's text format, cast by PostgreSQL to the parameter's type; nothing is NULL.
using Argument = std::optional<std::string>;
using Arguments = std::initializer_list<Argument>;

// A call that is kept for later.
struct FunctionCall {
    std::string function;
    std::vector<Argument> arguments;
};

// Connects when it is first used, and again after the connection was lost: the call that meets the loss
// throws pqxx::broken_connection, and its outcome is unknown; the next one connects anew. Each call is
// a transaction of its own. Errors of the database are pqxx::sql_error with its sqlstate().
class Session {
public:
    // `conninfo` as of conninfo.hpp.
    explicit Session(std::string conninfo);

    // `select function(arguments…)`: the one value as text; nothing for NULL or no row.
    std::optional<std::string> value(std::string_view function, Arguments arguments = {});

    // `select * from function(arguments…)`.
    pqxx::result rows(std::string_view function, Arguments arguments = {});

    // `select first(…), second(…), …`: all or none takes effect, in that order.
    void together(const std::vector<FunctionCall>& calls);

    // Any statement or statements, as they are.
    pqxx::result execute(const std::string& sql);

    // Waits until somebody notifies the channel (NOTIFY), at most `timeout`. True if so; also when a notification may
    // have been missed, because the connection is a new one.
    // One channel a session.
    bool wait(const std::string& channel, std::chrono::milliseconds timeout);

    // Closes the connection; the next call opens another.
    void disconnect();

private:
    std::string call_text(std::string_view function, std::span<const Argument> arguments);
    pqxx::connection& connection();

    std::string conninfo_;
    std::unique_ptr<pqxx::connection> connection_;
    bool is_listening_ = false;  // the connection is
};

}  // namespace boxoffice::db

#include "db/session.hpp"

namespace boxoffice::db {

Session::Session(std::string conninfo) : conninfo_(std::move(conninfo)) {}

std::optional<std::string> Session::value(std::string_view function, Arguments arguments) {
    const auto result = execute("select " + call_text(function, {arguments.begin(), arguments.size()}));
    if (result.empty() || result[0][0].is_null()) {
        return std::nullopt;
    }
    return result[0][0].c_str();
}

pqxx::result Session::rows(std::string_view function, Arguments arguments) {
    return execute("select * from " + call_text(function, {arguments.begin(), arguments.size()}));
}

void Session::together(const std::vector<FunctionCall>& calls) {
    std::string statement;
    for (const FunctionCall& call : calls) {
        statement += statement.empty() ? "select " : ", ";
        statement += call_text(call.function, call.arguments);
    }
    execute(statement);
}

pqxx::result Session::execute(const std::string& sql) {
    try {
        pqxx::nontransaction transaction(connection());
        return transaction.exec(sql);
    } catch (const pqxx::broken_connection&) {
        disconnect();
        throw;
    }
}

// By LISTEN itself: of libpqxx's own ways to listen, 6 knows one and 7.10 wants the other. Both count what
// came.
bool Session::wait(const std::string& channel, std::chrono::milliseconds timeout) {
    try {
        pqxx::connection& waiting = connection();
        if (!is_listening_) {
            execute("listen " + waiting.quote_name(channel));
            is_listening_ = true;
            return true;
        }
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
        const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(timeout - seconds);
        return waiting.await_notification(seconds.count(), rest.count()) > 0;
    } catch (const pqxx::broken_connection&) {
        disconnect();
        throw;
    }
}

void Session::disconnect() {
    is_listening_ = false;
    connection_.reset();
}

// Arguments are quoted literals: PostgreSQL gives them the parameters' types as it does for $1, and
// libpqxx 6 and 7 agree on how to quote but not on how to pass parameters.
std::string Session::call_text(std::string_view function, std::span<const Argument> arguments) {
    std::string text(function);
    text += '(';
    for (const Argument& argument : arguments) {
        if (text.back() != '(') {
            text += ", ";
        }
        text += argument ? connection().quote(*argument) : "null";
    }
    return text + ")";
}

pqxx::connection& Session::connection() {
    // libpqxx 6 would open a lost one again by itself, and it would not listen any more.
    if (!connection_ || !connection_->is_open()) {
        disconnect();
        connection_ = std::make_unique<pqxx::connection>(conninfo_);
    }
    return *connection_;
}

}  // namespace boxoffice::db

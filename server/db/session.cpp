#include "db/session.hpp"

namespace boxoffice::db {

class Session::Listener : public pqxx::notification_receiver {
public:
    using notification_receiver::notification_receiver;
    void operator()(const std::string&, int) override { is_notified = true; }
    bool is_notified = false;
};

Session::Session(std::string conninfo) : conninfo_(std::move(conninfo)) {}

Session::~Session() = default;

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

bool Session::wait(const std::string& channel, std::chrono::milliseconds timeout) {
    try {
        if (!listener_) {
            listener_ = std::make_unique<Listener>(connection(), channel);
            return true;
        }
        listener_->is_notified = false;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
        connection().await_notification(
            seconds.count(), std::chrono::duration_cast<std::chrono::microseconds>(timeout - seconds).count());
        return listener_->is_notified;
    } catch (const pqxx::broken_connection&) {
        disconnect();
        throw;
    }
}

void Session::disconnect() {
    listener_.reset();
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
    if (!connection_) {
        connection_ = std::make_unique<pqxx::connection>(conninfo_);
    }
    return *connection_;
}

}  // namespace boxoffice::db

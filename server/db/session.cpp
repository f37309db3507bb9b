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

void Session::disconnect() {
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

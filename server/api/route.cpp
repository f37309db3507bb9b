#include "api/route.hpp"

#include <array>
#include <stdexcept>

namespace boxoffice::api {

namespace {

bool has_parameter(std::string_view path, std::string_view field) {
    return path.find("{" + std::string(field) + "}") != std::string_view::npos;
}

Source source_of(const Route& route, const Argument& argument) {
    static constexpr std::array<std::pair<std::string_view, Source>, 10> bound_by_server{{
        {"p_actor", Source::actor},
        {"p_credential", Source::credential},
        {"p_own_session", Source::own_session},
        {"p_session_hash", Source::session_hash},
        {"p_idempotency_key", Source::idempotency_key},
        {"p_language", Source::language},
        {"p_remote_address", Source::remote_address},
        {"p_limited_address", Source::limited_address},
        {"p_public_url", Source::public_url},
        {"p_raw_body", Source::raw_body},
    }};
    for (const auto& [name, source] : bound_by_server)
        if (argument.name == name)
            return source;
    const bool is_password = route.guard == Guard::password_new || route.guard == Guard::password_check ||
                             route.guard == Guard::password_own;
    if (is_password && argument.name == "p_password_hash")
        return Source::password;
    if (is_password && argument.name == "p_new_password_hash")
        return Source::new_password;
    if (route.guard == Guard::stripe_signature && argument.name == "p_event")
        return Source::event;
    return has_parameter(route.path, argument.field) ? Source::path : Source::field;
}

// `p_page => coalesce($3::integer, 1)`
std::string argument_text(const Argument& argument, size_t number) {
    // Who acts is told by the credential's hash: sql/api/endpoints.sql.
    const std::string value = '$' + std::to_string(number) +
                              "::" + (argument.source == Source::actor ? "bytea" : argument.type.name);
    if (argument.default_expression.empty())
        return argument.name + " => " + value;
    return argument.name + " => coalesce(" + value + ", " + argument.default_expression + ')';
}

std::string call_text(const std::string& function, const std::vector<Argument>& arguments) {
    std::string text = function + '(';
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0)
            text += ", ";
        text += argument_text(arguments[i], i + 1);
    }
    return text + ')';
}

Statement statement(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

std::optional<size_t> Route::find(Source source) const {
    for (size_t i = 0; i < arguments.size(); ++i)
        if (arguments[i].source == source)
            return i;
    return {};
}

std::optional<size_t> Route::find_field(std::string_view field) const {
    for (size_t i = 0; i < arguments.size(); ++i) {
        const Source source = arguments[i].source;
        if ((source == Source::field || source == Source::password || source == Source::new_password) && arguments[i].field == field)
            return i;
    }
    return {};
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    if (path.starts_with('/'))
        path.remove_prefix(1);
    if (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    if (path.empty())
        return segments;
    for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
        segments.push_back(path.substr(0, slash));
        path.remove_prefix(slash + 1);
    }
    segments.push_back(path);
    return segments;
}

void complete(Route& route, const std::string& callable, const std::string& await_callable,
              std::string_view batch_key) {
    const auto refuse = [&](const std::string& why) {
        throw std::invalid_argument(route.method + ' ' + route.path + ": " + why);
    };
    route.fields.clear();
    for (Argument& argument : route.arguments) {
        if (!argument.name.starts_with("p_"))
            refuse("argument " + argument.name + " does not begin with p_");
        argument.field = argument.name.substr(2);
        argument.source = source_of(route, argument);
        if (argument.source == Source::password)
            argument.field = "password";
        if (argument.source == Source::new_password)
            argument.field = "new_password";
        const bool from_client = argument.source <= Source::new_password;
        route.fields.push_back(from_client ? argument.field : std::string());
    }
    for (const std::string_view segment : segments_of(route.path))
        if (segment.starts_with('{')) {
            bool is_argument = false;
            for (const Argument& argument : route.arguments)
                is_argument |= '{' + argument.field + '}' == segment;
            if (!is_argument)
                refuse(std::string(segment) + " is no argument");
        }

    std::string text = "select " + call_text(callable, route.arguments);
    if (route.answer == Answer::page)
        text += ", account.signed_in($" + std::to_string(route.arguments.size() + 1) + "::bytea)";
    else if (const auto actor = route.find(Source::actor))
        text += ", account.user_id_of($" + std::to_string(*actor + 1) + "::bytea)";
    route.statement = statement(std::move(text));

    if (route.await) {
        for (Argument& argument : route.await->arguments) {
            argument.field = argument.name.substr(2);
            argument.source = argument.name == "p_actor" ? Source::actor : Source::field;
        }
        route.await->statement =
            statement("select " + call_text(await_callable, route.await->arguments));
    }
    if (route.batch) {
        const auto key = [&]() -> std::optional<size_t> {
            for (size_t i = 0; i < route.arguments.size(); ++i)
                if (route.arguments[i].name == batch_key)
                    return i;
            return {};
        }();
        if (!key)
            refuse("batch_key is no argument");
        const Type& type = route.arguments[*key].type;
        route.batch->key = *key;
        route.batch->is_in_id = type.kind == Kind::text;
        route.batch->statement =
            statement("select n, sqlstate, message, body from " + route.batch->function + "($1::" +
                      (route.batch->is_in_id ? "bigint" : type.name) + ", $2::jsonb)");
    }
}

}  // namespace boxoffice::api

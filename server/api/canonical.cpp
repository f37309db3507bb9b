#include "api/canonical.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "http/url.hpp"

namespace boxoffice::api {

namespace {

void append(std::string& query, std::string_view name, std::string_view value) {
    query += query.empty() ? "" : "&";
    query += percent_encode(name);
    query += '=';
    query += percent_encode(value);
}

// As nginx and we both write it, whoever of us decodes it: so it names the same copy after a redirection.
bool is_plain(std::string_view path) {
    return path.starts_with('/') && path.find("//") == std::string_view::npos &&
           path.find("/.") == std::string_view::npos && std::ranges::all_of(path, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '/' || c == '-' || c == '_' || c == '.';
           });
}

}  // namespace

std::string canonical_query(const Exchange& exchange) {
    std::string query;
    const Route& route = *exchange.route;
    for (size_t i = 0; i < route.arguments.size(); ++i) {
        const Argument& argument = route.arguments[i];
        const std::optional<Value>& value = exchange.binding.values[i];
        if (argument.source != Source::field || !value)
            continue;
        if (!value->is_array)
            append(query, argument.field, value->text);
        for (const std::string& element : value->elements)
            append(query, argument.field, element);
    }
    if (!route.is_api() && !route.find_field("lang"))
        if (const auto fields = http::parse_form(exchange.request.query))
            for (const http::Field& field : *fields)
                if (field.name == "lang" && field.value == exchange.language) {
                    append(query, field.name, field.value);
                    break;
                }
    return query;
}

std::optional<std::string> canonical_target(const Exchange& exchange) {
    const http::Request& request = exchange.request;
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    if (request.header(gateway_header).empty() || !exchange.may_be_kept() || !is_plain(path))
        return {};
    const std::string query = canonical_query(exchange);
    if (query == request.query)
        return {};
    return std::string(path) + (query.empty() ? "" : "?") + query;
}

}  // namespace boxoffice::api

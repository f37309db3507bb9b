#include "api/registry.hpp"

#include <rapidjson/document.h>

#include <array>
#include <stdexcept>

namespace boxoffice::api {

namespace {

using Json = rapidjson::Value;

// Empty for null and for what is missing.
std::string text(const Json& object, const char* name) {
    const auto member = object.FindMember(name);
    return member != object.MemberEnd() && member->value.IsString()
               ? std::string(member->value.GetString(), member->value.GetStringLength())
               : std::string();
}

int number(const Json& object, const char* name) {
    const auto member = object.FindMember(name);
    return member != object.MemberEnd() && member->value.IsInt() ? member->value.GetInt() : 0;
}

template <typename Enum, size_t Size>
Enum named(const std::array<std::pair<std::string_view, Enum>, Size>& names, const std::string& name,
           const std::string& where) {
    for (const auto& [known, value] : names)
        if (known == name)
            return value;
    throw std::invalid_argument(where + ": '" + name + "' is not known to this server");
}

constexpr std::array<std::pair<std::string_view, Answer>, 7> answers{{
    {"json", Answer::json},
    {"page", Answer::page},
    {"redirect", Answer::redirect},
    {"file", Answer::file},
    {"qr", Answer::qr},
    {"pdf", Answer::pdf},
    {"ics", Answer::ics},
}};

constexpr std::array<std::pair<std::string_view, LaneName>, 4> lanes{{
    {"read", LaneName::read},
    {"browse", LaneName::browse},
    {"search", LaneName::search},
    {"write", LaneName::write},
}};

constexpr std::array<std::pair<std::string_view, Guard>, 5> guards{{
    {"", Guard::none},
    {"password_new", Guard::password_new},
    {"password_check", Guard::password_check},
    {"password_own", Guard::password_own},
    {"stripe_signature", Guard::stripe_signature},
}};

// The object that api.describe_function made.
const Json& described(const Json& row, const char* name, const std::string& where) {
    const auto member = row.FindMember(name);
    if (member == row.MemberEnd() || !member->value.IsObject())
        throw std::invalid_argument(where +
                                    ": its function, await_function or batch_function does not exist");
    return member->value;
}

std::vector<Argument> arguments(const Json& call) {
    std::vector<Argument> list;
    for (const Json& entry : call["arguments"].GetArray()) {
        Argument argument;
        argument.name = text(entry, "name");
        argument.type = type_named(text(entry, "type"));
        argument.is_optional = entry["default"].IsString();
        const std::string expression = text(entry, "default");
        if (!expression.starts_with("NULL"))
            argument.default_expression = expression;
        list.push_back(std::move(argument));
    }
    return list;
}

size_t index_of(const Route& route, const std::string& argument) {
    for (size_t i = 0; i < route.arguments.size(); ++i)
        if (route.arguments[i].name == argument)
            return i;
    throw std::invalid_argument(route.method + ' ' + route.path + ": fixed_by is no argument");
}

Route route(const Json& row) {
    Route route;
    route.method = text(row, "method");
    route.path = text(row, "path");
    const std::string where = route.method + ' ' + route.path;
    const Json& call = described(row, "call", where);
    route.function = text(row, "function");
    if (const std::string role = text(row, "role"); !role.empty())
        route.role = role;
    route.answer = named(answers, text(row, "answer"), where);
    route.page = text(row, "template");
    route.status = number(row, "status");
    route.cache_seconds = number(row, "cache_seconds");
    route.lane = named(lanes, text(row, "lane"), where);
    route.rate_class = text(row, "rate_class");
    route.guard = named(guards, text(row, "guard"), where);
    route.is_volatile = call["volatile"].IsTrue();
    route.description = text(call, "description");
    route.description_zh = text(row, "description_zh");
    route.arguments = arguments(call);
    std::string await_callable;
    if (!text(row, "await_function").empty()) {
        const Json& await_call = described(row, "await_call", where);
        route.await = Await{arguments(await_call), {}};
        await_callable = text(await_call, "callable");
    }
    if (const std::string function = text(row, "batch_function"); !function.empty()) {
        described(row, "batch_call", where);
        route.batch.emplace();
        route.batch->function = function;
    }
    complete(route, text(call, "callable"), await_callable, text(row, "batch_key"));
    if (const std::string argument = text(row, "fixed_by"); !argument.empty())
        route.fixed_by = index_of(route, argument);
    return route;
}

}  // namespace

std::shared_ptr<const Registry> read_registry(std::string_view json) {
    rapidjson::Document document;
    document.Parse(json.data(), json.size());
    if (document.HasParseError() || !document.IsObject())
        throw std::invalid_argument("api.registry() did not answer a JSON object");

    std::vector<Route> routes;
    for (const Json& row : document["routes"].GetArray())
        routes.push_back(route(row));
    std::map<std::string, Errors::Entry, std::less<>> errors;
    for (const Json& row : document["errors"].GetArray())
        errors[text(row, "sqlstate")] = {text(row, "code"),   text(row, "title"),    number(row, "status"),
                                         text(row, "detail"), text(row, "title_zh"), text(row, "detail_zh")};

    return std::make_shared<Registry>(std::move(routes), Errors(std::move(errors)),
                                      render::read_currencies(document["currencies"]));
}

}  // namespace boxoffice::api

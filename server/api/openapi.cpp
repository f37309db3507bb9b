#include "api/openapi.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "api/credential.hpp"
#include "base/version.hpp"

namespace boxoffice::api {

namespace {

// Writes JSON with as little noise as there can be: member("a", 1), object("b", [&] { … }).
class Json {
public:
    void key(std::string_view name) { writer_.Key(name.data(), size(name)); }
    void string(std::string_view text) { writer_.String(text.data(), size(text)); }

    void member(std::string_view name, std::string_view text) {
        key(name);
        string(text);
    }
    void member(std::string_view name, const char* text) { member(name, std::string_view(text)); }
    void member(std::string_view name, int number) {
        key(name);
        writer_.Int(number);
    }
    void member(std::string_view name, bool truth) {
        key(name);
        writer_.Bool(truth);
    }

    template <typename Body>
    void object(Body body) {
        writer_.StartObject();
        body();
        writer_.EndObject();
    }
    template <typename Body>
    void object(std::string_view name, Body body) {
        key(name);
        object(body);
    }
    template <typename Body>
    void array(std::string_view name, Body body) {
        key(name);
        writer_.StartArray();
        body();
        writer_.EndArray();
    }
    void reference(std::string_view name, std::string_view target) {
        object(name, [&] { member("$ref", target); });
    }

    std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

private:
    static rapidjson::SizeType size(std::string_view text) {
        return static_cast<rapidjson::SizeType>(text.size());
    }

    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

// "bookings" of "/api/v1/bookings/{booking_id}".
std::string_view group_of(const Route& route) {
    const auto segments = segments_of(route.path);
    return segments.size() > 2 ? segments[2] : "api";
}

// The comment's first sentence.
std::string_view summary_of(const Route& route) {
    const std::string_view text = route.description;
    const auto end = text.find_first_of(".:\n");
    return text.substr(0, end);
}

bool is_in_body(const Route& route, const Argument& argument) {
    return route.takes_body() && argument.source != Source::path;
}

bool is_from_client(const Argument& argument) {
    return argument.source <= Source::new_password;
}

// The suffix of the message that names the type.
std::string_view type_name(const Argument& argument) {
    switch (argument.type.kind) {
        case Kind::boolean:
            return "boolean";
        case Kind::smallint:
        case Kind::integer:
        case Kind::bigint:
            return "whole_number";
        case Kind::numeric:
        case Kind::double_precision:
            return "number";
        case Kind::timestamptz:
            return "time";
        case Kind::date:
            return "date";
        case Kind::uuid:
            return "uuid";
        case Kind::json:
            return "json";
        case Kind::text:
        case Kind::other:
            return "text";
    }
    return "text";
}

void write_kind(Json& json, Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return json.member("type", "boolean");
        case Kind::smallint:
        case Kind::integer:
            json.member("type", "integer");
            return json.member("format", "int32");
        case Kind::bigint:
            json.member("type", "integer");
            return json.member("format", "int64");
        case Kind::numeric:
        case Kind::double_precision:
            return json.member("type", "number");
        case Kind::timestamptz:
            json.member("type", "string");
            return json.member("format", "date-time");
        case Kind::date:
            json.member("type", "string");
            return json.member("format", "date");
        case Kind::uuid:
            json.member("type", "string");
            return json.member("format", "uuid");
        case Kind::json:
            return json.member("description", "Any JSON.");
        case Kind::text:
        case Kind::other:
            return json.member("type", "string");
    }
}

void write_schema(Json& json, const Argument& argument) {
    json.object([&] {
        if (argument.source == Source::password || argument.source == Source::new_password) {
            json.member("type", "string");
            json.member("format", "password");
        } else if (argument.type.is_array) {
            json.member("type", "array");
            json.object("items", [&] { write_kind(json, argument.type.kind); });
        } else {
            write_kind(json, argument.type.kind);
        }
    });
}

void write_parameters(Json& json, const Route& route) {
    json.array("parameters", [&] {
        for (const Argument& argument : route.arguments) {
            if (!is_from_client(argument) || is_in_body(route, argument))
                continue;
            json.object([&] {
                json.member("name", argument.field);
                json.member("in", argument.source == Source::path ? "path" : "query");
                json.member("required", argument.source == Source::path || !argument.is_optional);
                json.key("schema");
                write_schema(json, argument);
            });
        }
        if (route.find(Source::idempotency_key))
            json.object([&] { json.member("$ref", "#/components/parameters/IdempotencyKey"); });
    });
}

void write_body(Json& json, const Route& route) {
    std::vector<const Argument*> fields;
    for (const Argument& argument : route.arguments)
        if (is_from_client(argument) && is_in_body(route, argument))
            fields.push_back(&argument);
    if (fields.empty() && !route.find(Source::event))
        return;
    const bool is_required =
        std::ranges::any_of(fields, [](const Argument* field) { return !field->is_optional; });
    json.object("requestBody", [&] {
        json.member("required", is_required || route.find(Source::event).has_value());
        json.object("content", [&] {
            json.object("application/json", [&] {
                json.object("schema", [&] {
                    json.member("type", "object");
                    if (route.find(Source::event))
                        return;
                    json.object("properties", [&] {
                        for (const Argument* field : fields) {
                            json.key(field->field);
                            write_schema(json, *field);
                        }
                    });
                    if (is_required)
                        json.array("required", [&] {
                            for (const Argument* field : fields)
                                if (!field->is_optional)
                                    json.string(field->field);
                        });
                    json.member("additionalProperties", false);
                });
            });
        });
    });
}

const char* media_of(Answer answer) {
    switch (answer) {
        case Answer::file:
            return "application/octet-stream";
        case Answer::qr:
            return "image/svg+xml";
        case Answer::pdf:
            return "application/pdf";
        case Answer::ics:
            return "text/calendar";
        default:
            return "application/json";
    }
}

void write_responses(Json& json, const Route& route) {
    json.object("responses", [&] {
        json.object(std::to_string(route.status), [&] {
            json.member("description", route.status == 202 ? "Begun" : route.status == 201 ? "Made" : "Done");
            if (route.status != 204)
                json.object("content", [&] {
                    json.object(media_of(route.answer), [&] {
                        json.object("schema", [&] {
                            json.member("type", route.answer == Answer::json ? "object" : "string");
                        });
                    });
                });
        });
        json.reference("400", "#/components/responses/Problem");
        if (route.role) {
            json.reference("401", "#/components/responses/Problem");
            json.reference("403", "#/components/responses/Problem");
        }
        json.reference("503", "#/components/responses/Problem");
        json.reference("default", "#/components/responses/Problem");
    });
}

void write_security(Json& json, const Route& route) {
    json.array("security", [&] {
        if (!route.role && !route.find(Source::actor))
            return;
        if (!route.role)
            json.object([] {});
        for (const char* scheme : {"session", "apiKey", "cookie"})
            json.object([&] { json.array(scheme, [] {}); });
    });
}

// The function's name, made unique where several routes call one function.
std::string operation_id(const Route& route, std::set<std::string>& taken) {
    std::string name = route.function.substr(route.function.find('.') + 1);
    for (int n = 2; !taken.insert(name).second; ++n)
        name = route.function.substr(route.function.find('.') + 1) + '_' + std::to_string(n);
    return name;
}

void write_operation(Json& json, const Route& route, std::set<std::string>& taken) {
    std::string method = route.method;
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c + ('a' - 'A')); });
    json.object(method, [&] {
        json.member("operationId", operation_id(route, taken));
        json.array("tags", [&] { json.string(group_of(route)); });
        json.member("summary", summary_of(route));
        json.member("description", route.description);
        write_security(json, route);
        write_parameters(json, route);
        write_body(json, route);
        write_responses(json, route);
    });
}

void write_paths(Json& json, const Registry& registry) {
    std::map<std::string_view, std::vector<const Route*>> by_path;
    for (const Route& route : registry.routes())
        if (route.is_api())
            by_path[route.path].push_back(&route);
    std::set<std::string> taken;
    json.object("paths", [&] {
        for (const auto& [path, routes] : by_path)
            json.object(path, [&, routes = &routes] {
                for (const Route* route : *routes)
                    write_operation(json, *route, taken);
            });
    });
}

void write_problem_schema(Json& json, const Registry& registry) {
    json.object("Problem", [&] {
        json.member("type", "object");
        json.member("description", "RFC 9457; further members depend on the code.");
        json.object("properties", [&] {
            json.object("type", [&] { json.member("type", "string"); });
            json.object("title", [&] { json.member("type", "string"); });
            json.object("status", [&] { json.member("type", "integer"); });
            json.object("code", [&] {
                json.member("type", "string");
                json.array("examples", [&] {
                    for (const auto& [sqlstate, error] : registry.errors().entries())
                        json.string(error.code);
                });
            });
            json.object("detail", [&] { json.member("type", "string"); });
        });
        json.array("required", [&] {
            for (const char* name : {"type", "title", "status", "code", "detail"})
                json.string(name);
        });
    });
}

void write_components(Json& json, const Registry& registry, bool is_secure) {
    json.object("components", [&] {
        json.object("schemas", [&] { write_problem_schema(json, registry); });
        json.object("responses", [&] {
            json.object("Problem", [&] {
                json.member("description", "What is wrong");
                json.object("content", [&] {
                    json.object("application/problem+json",
                                [&] { json.reference("schema", "#/components/schemas/Problem"); });
                });
            });
        });
        json.object("parameters", [&] {
            json.object("IdempotencyKey", [&] {
                json.member("name", "Idempotency-Key");
                json.member("in", "header");
                json.member("description", "A repeat with the same key gets the first answer.");
                json.object("schema", [&] {
                    json.member("type", "string");
                    json.member("maxLength", 255);
                });
            });
        });
        json.object("securitySchemes", [&] {
            json.object("session", [&] {
                json.member("type", "http");
                json.member("scheme", "bearer");
            });
            json.object("apiKey", [&] {
                json.member("type", "apiKey");
                json.member("in", "header");
                json.member("name", "Api-Key");
            });
            json.object("cookie", [&] {
                json.member("type", "apiKey");
                json.member("in", "cookie");
                json.member("name", cookie_name(session_cookie, is_secure));
            });
        });
    });
}

void write_docs_endpoint(Json& json, const Route& route, bool is_chinese) {
    json.object([&] {
        json.member("method", route.method);
        json.member("path", route.path);
        json.member("description", is_chinese && !route.description_zh.empty() ? route.description_zh : route.description);
        json.member("role", route.role ? std::string_view(*route.role) : std::string_view());
        json.member("status", route.status);
        json.array("fields", [&] {
            for (const Argument& argument : route.arguments) {
                if (!is_from_client(argument))
                    continue;
                json.object([&] {
                    json.member("name", argument.field);
                    json.member("place", argument.source == Source::path ? "path"
                                         : is_in_body(route, argument)   ? "body"
                                                                         : "query");
                    json.member("type", type_name(argument));
                    json.member("is_list", argument.type.is_array);
                    json.member("is_required", !argument.is_optional);
                });
            }
        });
    });
}

}  // namespace

std::string openapi_of(const Registry& registry, const std::string& server_url) {
    Json json;
    json.object([&] {
        json.member("openapi", "3.1.0");
        json.object("info", [&] {
            json.member("title", "Boxoffice");
            json.member("version", version);
            json.member("description",
                        "Seats for films and events. Browsing is public; who holds, buys or waits signs in: "
                        "`Authorization: "
                        "Bearer TOKEN` with the token of a login, or `Api-Key: KEY`. Errors are RFC 9457 "
                        "problem details with a "
                        "stable `code`. Unknown fields are refused.");
        });
        json.array("servers", [&] { json.object([&] { json.member("url", server_url); }); });
        write_paths(json, registry);
        write_components(json, registry, server_url.starts_with("https://"));
    });
    return json.text();
}

std::string docs_model_of(const Registry& registry, std::string_view language) {
    const bool is_chinese = language == "zh";
    std::map<std::string_view, std::vector<const Route*>> groups;
    for (const Route& route : registry.routes())
        if (route.is_api())
            groups[group_of(route)].push_back(&route);
    Json json;
    json.object([&] {
        json.array("groups", [&] {
            for (const auto& [group, routes] : groups)
                json.object([&, group = group, routes = &routes] {
                    json.member("group", group);
                    json.array("endpoints", [&] {
                        for (const Route* route : *routes)
                            write_docs_endpoint(json, *route, is_chinese);
                    });
                });
        });
        json.array("errors", [&] {
            for (const auto& [sqlstate, error] : registry.errors().entries())
                json.object([&, error = &error] {
                    json.member("status", error->status);
                    json.member("code", error->code);
                    json.member("title", is_chinese ? error->title_zh : error->title);
                });
        });
    });
    return json.text();
}

}  // namespace boxoffice::api

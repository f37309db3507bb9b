#include "api/bind.hpp"

#include <algorithm>

#include "api/json_object.hpp"
#include "api/problem.hpp"
#include "base/encoding.hpp"
#include "http/url.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_field_in_answer = 100;

[[noreturn]] void refuse(std::string_view field, std::string why) {
    std::string_view shown = field.substr(0, max_field_in_answer);
    while (!is_utf8(shown))
        shown.remove_suffix(1);
    throw Refusal(invalid_request(shown, std::move(why)));
}

[[noreturn]] void refuse_type(const Argument& argument) {
    std::string expected(description_of(argument.type.kind));
    if (argument.type.is_array)
        expected = "a list, each of it " + expected;
    refuse(argument.field, "This must be " + expected + '.');
}

// A form's or query's boolean: also what checkboxes send.
std::string_view boolean_text(std::string_view text) {
    if (text == "on" || text == "1")
        return "true";
    if (text == "off" || text == "0")
        return "false";
    return text;
}

class Binder {
public:
    Binder(const Route& route, const http::Request& request) : route_(route), request_(request) {
        binding_.values.resize(route.arguments.size());
    }

    Binding bind(const std::vector<std::string>& path_parameters) {
        bind_path(path_parameters);
        if (route_.takes_body())
            bind_body();
        else if (!request_.body.empty())
            refuse("body", "This request takes no body.");
        bind_query();
        for (size_t i = 0; i < route_.arguments.size(); ++i) {
            const Argument& argument = route_.arguments[i];
            if (argument.source <= Source::new_password && !argument.is_optional && !binding_.values[i])
                refuse(argument.field, "This is missing.");
        }
        return std::move(binding_);
    }

private:
    void bind_path(const std::vector<std::string>& parameters) {
        size_t next = 0;
        for (const std::string_view segment : segments_of(route_.path)) {
            if (!segment.starts_with('{'))
                continue;
            const std::string_view field = segment.substr(1, segment.size() - 2);
            const auto argument = std::ranges::find_if(route_.arguments, [&](const Argument& candidate) {
                return candidate.source == Source::path && candidate.field == field;
            });
            const std::string& text = parameters.at(next++);
            // A page of something that cannot be is not there; a program is told what an id looks like.
            if (!route_.is_api() && !is_value(argument->type.kind, text))
                throw Refusal(not_found());
            const Value value = scalar(*argument, text);
            binding_.values[argument - route_.arguments.begin()] = value;
        }
    }

    void bind_body() {
        if (route_.find(Source::raw_body) || route_.find(Source::event) || request_.body.empty())
            return;
        std::string type(request_.header("Content-Type"));
        std::ranges::transform(type, type.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? c + 32 : c; });
        const std::string_view media = std::string_view(type).substr(0, type.find_first_of("; \t"));
        const auto charset = type.find("charset=");
        if (charset != std::string::npos && type.find("utf-8", charset) == std::string::npos)
            throw Refusal(unsupported_media_type("The body must be UTF-8."));
        if (route_.is_api()) {
            if (media != "application/json")
                throw Refusal(unsupported_media_type("The body must be application/json."));
            for (JsonMember& member : read_json_object(request_.body))
                bind_member(member);
        } else {
            if (media != "application/x-www-form-urlencoded")
                throw Refusal(unsupported_media_type("The body must be application/x-www-form-urlencoded."));
            bind_fields(request_.body, /*is_query=*/false);
        }
    }

    void bind_query() { bind_fields(request_.query, /*is_query=*/true); }

    void bind_member(JsonMember& member) {
        const auto index = route_.find_field(member.name);
        if (!index)
            refuse(member.name, "There is no such field.");
        const Argument& argument = route_.arguments[*index];
        if (member.kind == JsonMember::Kind::scalar && member.scalar.kind == JsonScalar::Kind::null)
            return;
        binding_.values[*index] = value(argument, member);
    }

    static Value value(const Argument& argument, JsonMember& member) {
        Value value{argument.type.kind, argument.type.is_array, {}, {}};
        if (argument.type.kind == Kind::json && !argument.type.is_array) {
            value.text = member.raw;
        } else if (argument.type.is_array) {
            if (member.kind != JsonMember::Kind::array || member.is_nested)
                refuse_type(argument);
            for (JsonScalar& element : member.elements)
                value.elements.push_back(scalar_text(argument, element));
        } else {
            if (member.kind != JsonMember::Kind::scalar)
                refuse_type(argument);
            value.text = scalar_text(argument, member.scalar);
        }
        return value;
    }

    // The text of a JSON scalar, if it has the type that JSON writes such a value in.
    static std::string scalar_text(const Argument& argument, JsonScalar& scalar) {
        const Kind kind = argument.type.kind;
        const JsonScalar::Kind expected = is_number(kind)         ? JsonScalar::Kind::number
                                          : kind == Kind::boolean ? JsonScalar::Kind::boolean
                                                                  : JsonScalar::Kind::string;
        if (scalar.kind != expected || !is_value(kind, scalar.text))
            refuse_type(argument);
        return std::move(scalar.text);
    }

    void bind_fields(std::string_view encoded, bool is_query) {
        auto fields = http::parse_form(encoded);
        if (!fields)
            refuse(is_query ? "query" : "body", is_query ? "The query cannot be decoded as UTF-8."
                                                         : "The form cannot be decoded as UTF-8.");
        // What one of body and query gave, the other must not give again.
        std::vector<bool> given(binding_.values.size());
        for (http::Field& field : *fields) {
            const auto index = route_.find_field(field.name);
            if (!index) {
                bind_unknown(field, is_query);
                continue;
            }
            const Argument& argument = route_.arguments[*index];
            if (is_query && (argument.source == Source::password || argument.source == Source::new_password))
                refuse(field.name, "This must stand in the body: addresses are logged.");
            if (field.value.empty() && (argument.is_optional || argument.type.is_array))
                continue;
            std::optional<Value>& bound = binding_.values[*index];
            if (bound && !(argument.type.is_array && given[*index]))
                refuse(field.name, "This is given twice.");
            given[*index] = true;
            Value next = scalar(argument, field.value);
            if (!bound)
                bound = std::move(next);
            else
                bound->elements.push_back(std::move(next.elements.front()));
        }
    }

    void bind_unknown(http::Field& field, bool is_query) {
        if (!is_query && field.name == "csrf")
            binding_.csrf = std::move(field.value);
        else if (route_.is_api() || !is_query)
            refuse(field.name, "There is no such field.");
    }

    // The value of a text that came in a path, query or form; an array of one element where an array is asked
    // for.
    static Value scalar(const Argument& argument, std::string_view text) {
        if (argument.type.kind == Kind::boolean)
            text = boolean_text(text);
        if (!is_value(argument.type.kind, text) || (argument.type.kind == Kind::json && !is_json(text)))
            refuse_type(argument);
        Value value{argument.type.kind, argument.type.is_array, {}, {}};
        if (value.is_array)
            value.elements.emplace_back(text);
        else
            value.text = text;
        return value;
    }

    const Route& route_;
    const http::Request& request_;
    Binding binding_;
};

}  // namespace

Binding bind_arguments(const Route& route, const http::Request& request,
                       const std::vector<std::string>& path_parameters) {
    return Binder(route, request).bind(path_parameters);
}

}  // namespace boxoffice::api

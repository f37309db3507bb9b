#include "api/exchange.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <stdexcept>

#include "api/json_text.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"

namespace boxoffice::api {

namespace {

// A client's own id, if it is one that can stand in a log; else a new one.
std::string request_id(const http::Request& request) {
    const std::string_view given = request.header("X-Request-Id");
    const auto is_plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
               c == '_' || c == '-';
    };
    if (given.size() >= 8 && given.size() <= 64 && std::ranges::all_of(given, is_plain))
        return std::string(given);
    return random_token().substr(0, 22);
}

// The show that a public id names: prefix_show_random, as sales.public_id makes it.
std::optional<std::string> show_in_id(std::string_view id) {
    constexpr size_t longest = 18;
    const auto digits = id.find('_') + 1;  // 0 where there is none
    const auto end = id.find('_', digits);
    if (digits == 0 || end == std::string_view::npos || end == digits || end - digits > longest)
        return {};
    const std::string_view show = id.substr(digits, end - digits);
    if (show.find_first_not_of("0123456789") != std::string_view::npos)
        return {};
    return std::string(show);
}

std::string bytea(std::string_view hexadecimal) {
    return "\\x" + std::string(hexadecimal);
}

}  // namespace

bool is_local_path(std::string_view location) {
    return location.starts_with('/') && !location.starts_with("//") &&
           std::ranges::all_of(location, [](char c) { return c > ' ' && c <= '~' && c != '\\'; });
}

Exchange::Exchange(http::Request&& what, http::Responder where_to)
    : request(std::move(what)), responder(std::move(where_to)), id(request_id(request)) {}

bool Exchange::may_be_kept() const {
    return route && route->cache_seconds > 0 && is_get() && credential.kind == Credential::Kind::none &&
           extra_headers.empty();
}

bool Exchange::is_cacheable() const {
    return may_be_kept() && !is_language_of_cookie;
}

// The gateway says who the client is; it is believed where it runs on the same machine.
std::string Exchange::client_address() const {
    const std::string_view forwarded = request.header("X-Forwarded-For");
    const bool is_gateway = request.remote_address.starts_with("127.") || request.remote_address == "::1";
    const auto last = forwarded.find_last_of(", ");
    if (is_gateway && !forwarded.empty())
        return std::string(last == std::string_view::npos ? forwarded : forwarded.substr(last + 1));
    return request.remote_address;
}

std::optional<std::string> Exchange::credential_hash() const {
    const auto hash = credential.hash();
    return hash ? std::optional(bytea(*hash)) : std::nullopt;
}

bool Exchange::wants_page() const {
    return !is_for_programs && !request.path.starts_with("/api/");
}

std::string Exchange::page_path() const {
    if (is_get())
        return is_local_path(request.target) ? request.target : "/";
    std::string_view referer = request.header("Referer");
    const std::string_view host = request.header("Host");
    const auto scheme = referer.find("://");
    if (scheme == std::string_view::npos || host.empty())
        return "/";
    referer.remove_prefix(scheme + 3);
    if (!referer.starts_with(host))
        return "/";
    referer.remove_prefix(host.size());
    return is_local_path(referer) ? std::string(referer) : "/";
}

std::optional<std::string> Exchange::parameter(size_t index) const {
    switch (route->arguments[index].source) {
        case Source::path:
        case Source::field:
        case Source::password:
        case Source::new_password:
        case Source::event:
            break;
        case Source::actor:
        case Source::credential:
        case Source::own_session:
            return credential_hash();
        case Source::session_hash:
            return bytea(sha256_hex(session_token));
        case Source::idempotency_key:
            return idempotency_key;
        case Source::language:
            return std::string(language);
        case Source::remote_address:
            return client_address();
        case Source::limited_address:
            return is_limited() ? std::optional(client_address()) : std::nullopt;
        case Source::public_url:
            return std::string(public_url);
        case Source::raw_body:
            return request.body;
    }
    const std::optional<Value>& value = binding.values[index];
    return value ? std::optional(value->literal()) : std::nullopt;
}

Parameters Exchange::parameters() const {
    Parameters parameters;
    for (size_t i = 0; i < route->arguments.size(); ++i)
        parameters.push_back(parameter(i));
    if (route->answer == Answer::page) {
        const auto hash = credential.from_browser() ? credential.hash() : std::nullopt;
        parameters.push_back(hash ? std::optional(bytea(*hash)) : std::nullopt);
    }
    return parameters;
}

Parameters Exchange::await_parameters(std::string_view answer) const {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseNumbersAsStringsFlag>(answer.data(), answer.size());
    if (document.HasParseError() || !document.IsObject())
        throw std::invalid_argument("the answer is no JSON object");
    Parameters parameters;
    for (const Argument& argument : route->await->arguments) {
        if (argument.source == Source::actor) {
            const auto hash = credential.hash();
            parameters.push_back(hash ? std::optional(bytea(*hash)) : std::nullopt);
            continue;
        }
        const auto member = document.FindMember(argument.field.c_str());
        if (member == document.MemberEnd() || !member->value.IsString())
            throw std::invalid_argument("the answer lacks " + argument.field);
        parameters.emplace_back(std::string(member->value.GetString(), member->value.GetStringLength()));
    }
    return parameters;
}

std::optional<std::string> Exchange::batch_key() const {
    const Value& value = *binding.values[route->batch->key];
    return route->batch->is_in_id ? show_in_id(value.text) : value.literal();
}

BatchRequest Exchange::batch_request() const {
    BatchRequest batch;
    std::string asked;
    for (size_t i = 0; i < route->arguments.size(); ++i) {
        const Argument& argument = route->arguments[i];
        if ((i == route->batch->key && !route->batch->is_in_id) || !binding.values[i])
            continue;
        if (!asked.empty())
            asked += ',';
        append_json_string(asked, argument.field);
        asked += ':';
        binding.values[i]->append_json(asked);
    }
    const auto hash = credential.hash();
    batch.fields = "\"credential\":" + (hash ? json_string(*hash) : "null");
    if (!asked.empty())
        batch.fields += ',' + asked;
    if (is_limited())
        batch.fields += ",\"address\":" + json_string(client_address());
    if (idempotency_key)
        batch.fields += ",\"idempotency_key\":" + json_string(*idempotency_key);
    batch.repeatable = idempotency_key.has_value();
    if (hash && !idempotency_key)
        batch.sameness = std::move(asked);
    return batch;
}

void Exchange::finish(http::Response&& response) {
    if (finished_.exchange(true))
        return;
    const std::chrono::duration<double, std::milli> took = Clock::now() - started;
    const int status = response.status;
    const size_t bytes = response.content().size();
    for (http::Header& header : extra_headers)
        response.headers.push_back(std::move(header));
    response.headers.push_back({"X-Request-Id", id});
    response.headers.push_back({"X-Content-Type-Options", "nosniff"});
    responder.send(std::move(response));
    if (metrics)
        metrics->observe(status, took);
    // A flood that is refused must not become one of lines.
    if (metrics && (status == 429 || status == 503)) {
        if (const std::uint64_t count = metrics->rejected(Clock::now()))
            log::info("requests_rejected",
                      {{"route", label}, {"status", status}, {"count", count}, {"last_request_id", id}});
        return;
    }
    log::info("request", {{"request_id", id},
                          {"method", request.method},
                          {"route", label},
                          {"status", status},
                          {"ms", took.count()},
                          {"database_ms", database_ms.count()},
                          {"bytes", bytes},
                          {"user_id", user_id}});
}

}  // namespace boxoffice::api

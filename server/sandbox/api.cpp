#include "sandbox/api.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <variant>

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"
#include "http/url.hpp"
#include "sandbox/parameters.hpp"

namespace boxoffice::sandbox {
namespace {

constexpr std::chrono::seconds call_deadline{10};

int number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

http::Response json_response(int status, std::string body) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"},
                        {"Cache-Control", "no-store"},
                        {"Request-Id", "req_" + random_token()}},
            .body = std::move(body)};
}

// sandbox.refuse raises SBnnn, nnn being the status; any other error is a fault of ours.
http::Response failure_response(const db::Failure& failure) {
    if (failure.sqlstate.starts_with("SB")) {
        return json_response(number(std::string_view(failure.sqlstate).substr(2)), failure.detail);
    }
    log::error("sandbox_failure",
               {{"sqlstate", failure.sqlstate}, {"message", failure.message}, {"context", failure.context}});
    return error_response(500, "api_error", "The sandbox could not do that; its log says why.");
}

std::string parameters_of(const http::Request& request) {
    const auto fields = http::parse_form(request.method == "GET" ? request.query : request.body);
    if (!fields) {
        throw BadParameters("The parameters are not application/x-www-form-urlencoded UTF-8.");
    }
    return nested_json(*fields);
}

std::optional<std::string> given(std::string text) {
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

std::optional<std::string> api_key(std::string_view authorization) {
    constexpr std::string_view bearer = "Bearer ";
    constexpr std::string_view basic = "Basic ";
    if (authorization.starts_with(bearer)) {
        return given(std::string(authorization.substr(bearer.size())));
    }
    if (authorization.starts_with(basic)) {
        const auto credentials = base64_decode(authorization.substr(basic.size()));
        if (credentials && is_utf8(*credentials)) {
            return given(credentials->substr(0, credentials->find(':')));
        }
    }
    return std::nullopt;
}

http::Response error_response(int status, std::string_view type, std::string_view message) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    const auto text = [&writer](std::string_view value) {
        writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    writer.StartObject();
    writer.Key("error");
    writer.StartObject();
    writer.Key("type");
    text(type);
    writer.Key("message");
    text(message);
    writer.EndObject();
    writer.EndObject();
    return json_response(status, buffer.GetString());
}

void answer_api(const http::Request& request, const http::Responder& responder, std::string_view secret_key,
                db::Lanes& lanes, Timer& timer) {
    static const auto sql = std::make_shared<const std::string>(
        "select status, body, is_repeat, delay_ms, is_dropped from sandbox.handle($1, $2, $3, $4, $5)");

    const auto key = api_key(request.header("Authorization"));
    if (!key || !equal_in_constant_time(*key, secret_key)) {
        responder.send(error_response(401, "invalid_request_error",
                                      key ? "Invalid API Key provided." : "You did not provide an API key."));
        return;
    }
    db::Call call;
    call.sql = sql;
    try {
        call.parameters = {request.method, request.path, given(std::string(request.header("Stripe-Version"))),
                           given(std::string(request.header("Idempotency-Key"))), parameters_of(request)};
    } catch (const BadParameters& error) {
        responder.send(error_response(400, "invalid_request_error", error.what()));
        return;
    }
    call.deadline = std::chrono::steady_clock::now() + call_deadline;
    // Who only looks is not taken for who changes something at the same address.
    const std::string step = (request.method == "GET" ? "sandbox/get" : "sandbox") +
                             request.path.substr(std::min(request.path.rfind('/'), request.path.size()));
    fault::point(step, "asked");
    call.done = [responder, &timer, step](db::Outcome&& outcome) {
        fault::point(step, "answered");
        if (const auto* failure = std::get_if<db::Failure>(&outcome)) {
            responder.send(failure_response(*failure));
            return;
        }
        const auto& rows = std::get<db::Rows>(outcome);
        http::Response response = json_response(number(*rows.get(0, 0)), std::string(*rows.get(0, 1)));
        if (rows.get(0, 2) == "t") {
            response.headers.push_back({"Idempotent-Replayed", "true"});
        }
        const std::chrono::milliseconds delay(number(rows.get(0, 3).value_or("0")));
        const bool is_dropped = rows.get(0, 4) == "t";
        const auto answer = [responder, response = std::move(response), is_dropped] {
            if (is_dropped) {
                responder.hang_up();
            } else {
                responder.send(response);
            }
        };
        if (delay.count() == 0) {
            answer();
        } else {
            timer.after(delay, answer);
        }
    };
    if (!lanes.submit(std::move(call))) {
        responder.send(error_response(429, "invalid_request_error", "Too many requests at once."));
    }
}

}  // namespace boxoffice::sandbox

#include "api/answer.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

#include "api/json_text.hpp"
#include "base/encoding.hpp"
#include "render/qr.hpp"

namespace boxoffice::api {

namespace {

rapidjson::Document parse(std::string_view body) {
    rapidjson::Document document;
    document.Parse(body.data(), body.size());
    if (document.HasParseError() || !document.IsObject())
        throw std::runtime_error("the answer is no JSON object");
    return document;
}

std::string text(const rapidjson::Value& object, const char* name) {
    const auto member = object.FindMember(name);
    if (member == object.MemberEnd() || !member->value.IsString())
        throw std::runtime_error(std::string("the answer has no text \"") + name + '"');
    return {member->value.GetString(), member->value.GetStringLength()};
}

// RFC 3339 in UTC, as api.rfc3339 writes it, to Unix seconds.
std::time_t unix_time(const std::string& time) {
    std::tm parts{};
    if (!strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &parts))
        throw std::runtime_error("\"expires_at\" is no time");
    return timegm(&parts);
}

std::string etag_of(std::string_view content) {
    std::array<unsigned char, 16> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(content.data()),
                       content.size(), nullptr, 0);
    return '"' + base64url_encode({reinterpret_cast<const char*>(hash.data()), hash.size()}) + '"';
}

}  // namespace

std::string attachment(const std::string& filename) {
    std::string plain;
    for (const char c : filename)
        plain += c >= ' ' && c <= '~' && c != '"' && c != '\\' ? c : '_';
    return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + percent_encode(filename);
}

void settle_session(Exchange& exchange, std::string& body, bool secure) {
    const Route& route = *exchange.route;
    if (!exchange.session_token.empty()) {
        const rapidjson::Document document = parse(body);
        if (!document.HasMember("expires_at"))
            return;
        const long lasts =
            std::max(0L, static_cast<long>(unix_time(text(document, "expires_at")) - std::time(nullptr)));
        exchange.extra_headers.push_back(set_cookie(session_cookie, exchange.session_token, lasts, secure));
        if (route.answer == Answer::json)
            body = with_members(body, "\"token\":" + json_string(exchange.session_token));
    } else if (route.is_volatile && route.find(Source::credential) && exchange.credential.from_browser()) {
        exchange.extra_headers.push_back(set_cookie(session_cookie, "", 0, secure));
    }
}

std::optional<db::Failure> failure_in(std::string_view body) {
    if (!body.starts_with("{\"refused\""))
        return {};
    const rapidjson::Document document = parse(body);
    db::Failure failure;
    failure.sqlstate = text(document, "refused");
    if (const auto members = document.FindMember("members"); members != document.MemberEnd()) {
        rapidjson::StringBuffer buffer;
        rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
        members->value.Accept(writer);
        failure.detail = buffer.GetString();
    }
    return failure;
}

http::Response answer_of(const Exchange& exchange, std::string body, std::string_view payment_origin) {
    http::Response response;
    response.status = exchange.route->status;
    switch (exchange.route->answer) {
        case Answer::json:
            response.headers = {{"Content-Type", "application/json"}};
            response.body = std::move(body);
            break;
        case Answer::redirect: {
            const std::string location = text(parse(body), "location");
            const bool is_payment = location.starts_with(std::string(payment_origin) + '/') &&
                                    is_local_path(location.substr(payment_origin.size()));
            if (!is_payment && !is_local_path(location))
                throw std::runtime_error("\"location\" is not on this site");
            response.status = 303;
            response.headers = {{"Location", location}};
            break;
        }
        case Answer::file: {
            const rapidjson::Document document = parse(body);
            response.headers = {{"Content-Type", text(document, "content_type")}};
            if (document.HasMember("filename"))
                response.headers.push_back({"Content-Disposition", attachment(text(document, "filename"))});
            auto bytes = base64_decode(text(document, "body"));  // as PostgreSQL writes it: in lines
            if (!bytes)
                throw std::runtime_error("\"body\" is not base64");
            response.body = *std::move(bytes);
            break;
        }
        case Answer::qr:
            response.headers = {{"Content-Type", "image/svg+xml"}};
            response.body = render::qr_svg(text(parse(body), "code"));
            break;
        case Answer::page:
        case Answer::pdf:
        case Answer::ics:
            throw std::logic_error("what is drawn is not made here");
    }
    return response;
}

namespace {

// Whether the request names the version that it wants, so that this address never answers anything else.
bool is_fixed(const Exchange& exchange, const http::Response& response) {
    const Route& route = *exchange.route;
    return route.fixed_by && exchange.binding.values[*route.fixed_by] && response.status == 200 &&
           exchange.extra_headers.empty();
}

}  // namespace

void add_caching(const Exchange& exchange, http::Response& response) {
    const Route& route = *exchange.route;
    if (is_fixed(exchange, response)) {
        response.headers.push_back({"Cache-Control", "public, max-age=31536000, immutable"});
        response.headers.push_back({"X-Accel-Expires", "3600"});
        response.headers.push_back({"ETag", etag_of(response.content())});
        return;
    }
    const bool is_drawn = route.answer == Answer::pdf || route.answer == Answer::ics;
    if ((!is_drawn && !exchange.is_cacheable()) || response.status != 200) {
        response.headers.push_back({"Cache-Control", "no-store"});
        return;
    }
    const bool by_language = is_drawn || route.answer == Answer::page || route.find(Source::language);
    const std::string etag = etag_of(response.content());
    if (is_drawn) {
        // The buyer's own copy, asked for again before it is shown: a ticket may have become void.
        response.headers.push_back({"Cache-Control", "private, no-cache"});
    } else {
        // The browser asks again each time, since the answer changes when somebody signs in; the gateway
        // keeps it.
        response.headers.push_back({"Cache-Control", "public, max-age=0, must-revalidate"});
        response.headers.push_back({"X-Accel-Expires", std::to_string(route.cache_seconds)});
    }
    response.headers.push_back(
        {"Vary", by_language ? "Authorization, Cookie, Accept-Language" : "Authorization, Cookie"});
    response.headers.push_back({"ETag", etag});
    if (matches_etag(exchange.request.header("If-None-Match"), etag)) {
        response.status = 304;
        response.body.clear();
    }
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
    if (if_none_match == "*")
        return true;
    while (!if_none_match.empty()) {
        std::string_view item = if_none_match.substr(0, if_none_match.find(','));
        if_none_match.remove_prefix(std::min(if_none_match.size(), item.size() + 1));
        while (item.starts_with(' '))
            item.remove_prefix(1);
        while (item.ends_with(' '))
            item.remove_suffix(1);
        if (item.starts_with("W/"))
            item.remove_prefix(2);
        if (item == etag)
            return true;
    }
    return false;
}

}  // namespace boxoffice::api

#include "api/credential.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "http/url.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_token_length = 256;

// What follows `scheme` and a space, if the header begins so.
std::optional<std::string_view> after_scheme(std::string_view header, std::string_view scheme) {
    const auto space = header.find(' ');
    if (space == std::string_view::npos || !http::same_name(header.substr(0, space), scheme))
        return {};
    const auto token = header.find_first_not_of(' ', space);
    return token == std::string_view::npos ? std::string_view() : header.substr(token);
}

Credential credential(Credential::Kind kind, std::string_view token) {
    if (token.empty() || token.size() > max_token_length)
        return {};
    return {kind, std::string(token)};
}

// "host:port" of "https://host:port/path".
std::string_view authority_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos)
        return {};
    url.remove_prefix(scheme + 3);
    return url.substr(0, url.find_first_of("/?#"));
}

}  // namespace

std::optional<std::string> Credential::hash() const {
    if (kind == Kind::none)
        return {};
    return sha256_hex(token);
}

Credential credential_of(const http::Request& request, bool secure) {
    if (const auto header = request.header("Authorization"); !header.empty()) {
        if (const auto token = after_scheme(header, "Bearer"))
            return credential(Credential::Kind::bearer, *token);
        if (const auto token = after_scheme(header, "Api-Key"))
            return credential(Credential::Kind::api_key, *token);
        return {};
    }
    if (const auto key = request.header("Api-Key"); !key.empty())
        return credential(Credential::Kind::api_key, key);
    return credential(Credential::Kind::cookie,
                      http::find_cookie(request.header("Cookie"), cookie_name(session_cookie, secure)));
}

std::string cookie_name(std::string_view name, bool secure) {
    return (secure ? "__Host-" : "") + std::string(name);
}

std::string csrf_token(std::string_view session_token) {
    return base64url_encode(bytes_of(hmac_sha256(session_token, "csrf")));
}

bool is_same_origin(const http::Request& request, std::string_view public_url) {
    const auto site = request.header("Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin" && site != "none")
        return false;
    const auto origin = request.header("Origin");
    if (origin.empty())
        return true;
    const auto authority = authority_of(origin);
    return !authority.empty() &&
           (authority == authority_of(public_url) || http::same_name(authority, request.header("Host")));
}

http::Header set_cookie(std::string_view name, std::string_view value, long max_age, bool secure,
                        bool http_only) {
    std::string text = cookie_name(name, secure);
    text += '=';
    text += value;
    text += "; Path=/; SameSite=Lax; Max-Age=" + std::to_string(max_age);
    if (http_only)
        text += "; HttpOnly";
    if (secure)
        text += "; Secure";
    return {"Set-Cookie", std::move(text)};
}

}  // namespace boxoffice::api

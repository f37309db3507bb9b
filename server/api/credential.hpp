// Who a request says it comes from, and whether a browser was made to send it by another site.
// Whether the credential is any good is the database's to say: account.authenticate.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace boxoffice::api {

inline constexpr std::string_view session_cookie = "boxoffice_session";
inline constexpr std::string_view language_cookie = "boxoffice_lang";

struct Credential {
    enum class Kind { none, bearer, api_key, cookie };

    Kind kind = Kind::none;
    std::string token;

    // What the database knows the token by: SHA-256 in hexadecimal; nothing without a credential.
    std::optional<std::string> hash() const;
    bool from_browser() const { return kind == Kind::cookie; }
};

// `Authorization: Bearer TOKEN`, `Authorization: Api-Key KEY`, `Api-Key: KEY`, else the session cookie. A
// header that says something else is no credential, and then the cookie does not count either. `secure` as in
// cookie_name.
Credential credential_of(const http::Request& request, bool secure);

// What one of our cookies is called in the browser. Where the public URL is https it begins with `__Host-`: then the browser
// takes it from this very host alone, and not from its neighbours in the domain.
std::string cookie_name(std::string_view name, bool secure);

// The value of the hidden field `csrf` in forms of the session with this token.
std::string csrf_token(std::string_view session_token);

// False when the browser says that another site made it send this: Sec-Fetch-Site, or an Origin that is
// neither `public_url` nor the host that was asked. True for what is no browser.
bool is_same_origin(const http::Request& request, std::string_view public_url);

// A Set-Cookie header for the cookie_name of `name`. `max_age` in seconds; 0 takes the cookie away.
http::Header set_cookie(std::string_view name, std::string_view value, long max_age, bool secure,
                        bool http_only = true);

}  // namespace boxoffice::api

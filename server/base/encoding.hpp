// Text encodings: base64 and base64url, hexadecimal, percent, and whether bytes are UTF-8.
// Not for JSON (RapidJSON) nor HTML (ctemplate), nor for decoding what a client sent (http/url.hpp). Pure
// functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace boxoffice {

// RFC 4648 section 5, without padding.
std::string base64url_encode(std::string_view bytes);

// Strict: nothing for padding, a foreign character, an impossible length or stray bits at the end.
std::optional<std::string> base64url_decode(std::string_view text);

// RFC 4648 section 4, padded or not; line breaks count for nothing.
std::optional<std::string> base64_decode(std::string_view text);

// Lower case.
std::string hex_encode(std::string_view bytes);

// Encodes everything but the unreserved characters of RFC 3986 section 2.3.
std::string percent_encode(std::string_view bytes);

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is valid UTF-8 (but not
// valid in a PostgreSQL text).
bool is_utf8(std::string_view bytes);

}  // namespace boxoffice

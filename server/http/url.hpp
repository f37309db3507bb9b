// Decoding of what comes in URLs, forms and cookies. Everything decoded is valid UTF-8 without NUL, so that
// it can be handed to the database as it is. Nothing here knows routes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::http {

struct Field {
    std::string name;
    std::string value;
    bool operator==(const Field&) const = default;
};

// "%E4%BD%A0" as bytes. Nothing if an escape is malformed, or the result is not UTF-8 or holds a NUL.
std::optional<std::string> percent_decode(std::string_view text);

// application/x-www-form-urlencoded, as in a query (without "?") or a form's body: the pairs in their order,
// "+" as space; a name without "=" has an empty value. Nothing if a name or value cannot be decoded.
std::optional<std::vector<Field>> parse_form(std::string_view text);

// The value of the first cookie of that name in a Cookie header, as sent but for quotes around it; empty if
// there is none.
std::string_view find_cookie(std::string_view header, std::string_view name);

struct Target {
    std::string path;
    std::string query;
};

// A request target as origin-form ("/a%20b?c"), absolute-form ("http://host/a?c") or, for OPTIONS, "*":
// the decoded path and the raw query. Nothing if it is none of these or the path cannot be decoded.
std::optional<Target> split_target(std::string_view method, std::string_view target);

}  // namespace boxoffice::http

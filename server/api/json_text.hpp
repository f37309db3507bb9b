// Small edits of JSON as text, for answers that are passed on without being parsed.
// Not for reading JSON: json_object.hpp and RapidJSON do that.
#pragma once

#include <string>
#include <string_view>

namespace boxoffice::api {

// Appends `text` (UTF-8) as a JSON string with its quotes. Control characters and U+2028/2029 need no care
// beyond RFC 8259: the answer is never put into a script.
void append_json_string(std::string& out, std::string_view text);

std::string json_string(std::string_view text);

// The members of an object's text, without its braces and the space around them: `{"a": 1}` gives `"a": 1`.
// Empty when `object` is no object or has no member.
std::string_view members_of(std::string_view object);

// `object` with more members before its own: with_members(`{"b":2}`, `"a":1`) is `{"a":1,"b":2}`.
std::string with_members(std::string_view object, std::string_view members);

}  // namespace boxoffice::api

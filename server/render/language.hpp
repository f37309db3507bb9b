// Which language a request is answered in, and the address of the same page in another one.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace boxoffice::render {

// The languages of the site; the first is the one that stands in for what another lacks.
inline constexpr std::array<std::string_view, 2> languages = {"en", "zh"};

// The first that is one of `languages`: the query's `lang`, the cookie's, then what Accept-Language likes
// best (RFC 9110 section 12.5.4: q-values, `*`, subtags ignored: zh-Hant-TW is zh); else "en". Empty views
// are absent; a malformed item of the header is skipped. The answer is static.
std::string_view language_of(std::string_view query, std::string_view cookie,
                             std::string_view accept_language);

// `target` (path and query, percent-encoded) with its query field `lang` set to `language`. The result is
// always an address on this site: "//elsewhere/" gives "/elsewhere/".
std::string with_language(std::string_view target, std::string_view language);

}  // namespace boxoffice::render

// One address for one answer: the gateway keeps copies by address, so that what is asked in other words, or with fields that no
// function knows, must not become another copy, nor be made anew each time.
#pragma once

#include <optional>
#include <string>

#include "api/exchange.hpp"

namespace boxoffice::api {

// The query of a bound GET: the fields that the route knows and that have a value, in the order of its function's arguments, each
// encoded in one way; at a page's end `lang`, where it names a language of ours.
std::string canonical_query(const Exchange& exchange);

// Where the gateway should look instead: path and canonical query, if the request came through it, its answer may be kept and it
// is asked in other words. Nothing otherwise, and for a path that is not written plainly.
std::optional<std::string> canonical_target(const Exchange& exchange);

}  // namespace boxoffice::api

// The API described for people and programs, from the routes, their functions' arguments and comments:
// nothing here is written by hand, so nothing is out of date.
#pragma once

#include <string>
#include <string_view>

#include "api/registry.hpp"

namespace boxoffice::api {

// The OpenAPI 3.1 document of all routes under /api/. `server_url` is where they are reached.
std::string openapi_of(const Registry& registry, const std::string& server_url);

// The model of the page `docs`: {"groups": [{"group", "endpoints": [{"method", "path", "description", "role",
// "status", "fields": [{"name", "place", "type", "is_list", "is_required"}]}]}], "errors": [{"status", "code",
// "title"}]}, what is text in the language. A place is path, body or query, a type one of the names in type_name().
std::string docs_model_of(const Registry& registry, std::string_view language);

}  // namespace boxoffice::api

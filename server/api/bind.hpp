// From a request to the arguments of its function, by name: the path, then the body, then the query.
//   {name} of the path                        always
//   a member of the JSON body (under /api/)   POST, PUT, PATCH
//   a field of the form (all other paths)     the same; fields that repeat make an array
//   a field of the query                      any method; fields that repeat make an array; no password
// What is null, or in a form or query empty where the argument is optional, counts as not given. What the
// server binds itself (the user, a new session, …) stays open here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/route.hpp"
#include "api/value.hpp"
#include "http/message.hpp"

namespace boxoffice::api {

struct Binding {
    std::vector<std::optional<Value>>
        values;        // as the route's arguments; nothing: not given, or not ours to give
    std::string csrf;  // of a form
};

// Throws Refusal: 400 invalid_request with `field` for what is unknown, missing, given twice or of the wrong
// type, 415 for a body of another type than JSON or form. A page's unknown query fields are ignored: links on
// the web carry all sorts of them.
Binding bind_arguments(const Route& route, const http::Request& request,
                       const std::vector<std::string>& path_parameters);

}  // namespace boxoffice::api

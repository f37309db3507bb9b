// A route: what a row of api.route and the catalogue's entry of its function say, made ready for calls.
// Not here: which request goes to which route (router.hpp), and where rows come from (registry.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/value.hpp"

namespace boxoffice::api {

enum class Answer { json, page, redirect, file, qr, pdf, ics };
enum class LaneName { read, browse, search, write };
enum class Guard { none, password_new, password_check, password_own, stripe_signature };

// Where an argument's value comes from; sql/api/route.sql says what each is.
enum class Source {
    path,
    field,     // of the body or the query
    password,      // the field `password`, of which the function gets a hash
    new_password,  // likewise `new_password`
    // Bound by the server, whatever the client sends:
    actor,
    credential,
    own_session,
    session_hash,
    idempotency_key,
    language,
    remote_address,
    limited_address,  // the same, null where limits by address do not apply
    public_url,
    raw_body,
    event,
};

struct Argument {
    std::string name;   // of the function: "p_show_id"
    std::string field;  // of the request: "show_id"
    Type type;
    Source source = Source::field;
    bool is_optional = false;
    std::string default_expression;  // SQL; empty for none and for NULL
};

// A statement whose parameters $1, $2, … are the arguments of a route or function, in their order.
using Statement = std::shared_ptr<const std::string>;

struct Await {
    std::vector<Argument> arguments;
    Statement statement;
};

struct Batch {
    std::string function;
    size_t key = 0;       // index of the argument that is the key, or that has it
    bool is_in_id = false;  // the argument is a public id (sales.public_id), and the key is the show in it
    Statement statement;  // $1 the key, $2 the requests
};

struct Route {
    std::string method;
    std::string path;
    std::string function;
    std::optional<std::string> role;
    Answer answer = Answer::json;
    std::string page;  // the template of a page
    int status = 200;
    int cache_seconds = 0;
    std::optional<size_t> fixed_by;  // index of the argument that names a version: with it the answer never changes
    LaneName lane = LaneName::read;
    std::string rate_class;  // `login`: what an address may ask only now and then
    Guard guard = Guard::none;
    bool is_volatile = false;
    std::string description;     // the function's comment
    std::string description_zh;  // the same in Chinese; may be empty
    std::vector<Argument> arguments;
    std::vector<std::string> fields;  // of the arguments, empty where the server binds: for problem_of
    Statement statement;              // after the arguments, pages have the credential as a parameter
    std::optional<Await> await;
    std::optional<Batch> batch;

    // Under /api/: JSON in, problem+json on failure. All else is for browsers: forms in, HTML out.
    bool is_api() const { return path.starts_with("/api/"); }
    bool takes_body() const { return method == "POST" || method == "PUT" || method == "PATCH"; }
    // The index of the argument with this source; nothing if the function has none.
    std::optional<size_t> find(Source source) const;
    // The argument that a client may send as `field`, outside the path.
    std::optional<size_t> find_field(std::string_view field) const;
};

// The segments of a path: "/a/{b}" gives "a", "{b}"; "/" gives none. One slash at the end is ignored.
std::vector<std::string_view> segments_of(std::string_view path);

// Composes what follows from the rest: sources, fields and statements. `callable` and `await_callable` are what to
// call for function and await_function; `await_callable` and `batch_key` (an argument's name) are empty where there
// is none. Throws std::invalid_argument that says what does not fit.
void complete(Route& route, const std::string& callable, const std::string& await_callable,
              std::string_view batch_key);

}  // namespace boxoffice::api

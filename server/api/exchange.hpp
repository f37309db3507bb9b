// One request on its way from the HTTP server to the database and back: what is known of it, and its end,
// which writes the access line.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/bind.hpp"
#include "api/coalescer.hpp"
#include "api/credential.hpp"
#include "api/database.hpp"
#include "api/metrics.hpp"
#include "api/registry.hpp"
#include "http/responder.hpp"

namespace boxoffice::api {

// What the gateway says of whom it passes on: "limited", or "exempt" from the limits by address (BOXOFFICE_RATE_EXEMPT). A client's
// own is not passed on.
inline constexpr std::string_view gateway_header = "X-Gateway";

// True for an absolute path on this site that is safe in a Location header.
bool is_local_path(std::string_view location);

struct Exchange {
    using Clock = std::chrono::steady_clock;

    Exchange(http::Request&& what, http::Responder where_to);

    // A GET of what may be kept, by somebody who shows no credential: nothing in the answer is about them.
    bool may_be_kept() const;
    // A route's answer is for this request alone unless the route may be cached and nobody can be told by it.
    // The gateway keeps copies by address and Accept-Language, and reads cookies by rules of its own.
    bool is_cacheable() const;
    // The numeric address of the client.
    std::string client_address() const;
    // The credential's hash as a parameter of type bytea; nothing without a credential.
    std::optional<std::string> credential_hash() const;
    // Whether limits by address apply to the client: the gateway knows who is exempt.
    bool is_limited() const { return request.header(gateway_header) == "limited"; }
    // Answered in HTML: all but the API and the server's own few addresses.
    bool wants_page() const;
    bool is_get() const { return request.method == "GET" || request.method == "HEAD"; }
    // Path and query of the page that the browser shows: what was asked if it was a GET, else where the form
    // was.
    // "/" when that is unknown, or not on this site.
    std::string page_path() const;

    // $1, $2, … of the route's statement.
    Parameters parameters() const;
    // $1, $2, … of the route's await_function, from members of an answer (a JSON object). Throws
    // std::invalid_argument when the answer lacks one.
    Parameters await_parameters(std::string_view answer) const;
    // What the request is batched by. Nothing where that is the show in a public id and the client's is none: its
    // function says so then.
    std::optional<std::string> batch_key() const;
    // The request within a batch; everything but `done`.
    BatchRequest batch_request() const;

    // Sends the answer; the first call counts. Any thread.
    void finish(http::Response&& response);

    http::Request request;
    http::Responder responder;
    const std::string id;  // X-Request-Id
    const Clock::time_point started = Clock::now();

    std::shared_ptr<const Registry> registry;
    const Route* route = nullptr;
    RouteMetrics* metrics = nullptr;
    std::string_view label = "unmatched";  // the route's path, for the log
    bool is_for_programs = false;          // one of the server's own addresses that answer no HTML

    Credential credential;
    std::string_view language = "en";
    std::string_view public_url;  // of the service, which outlives this
    bool is_language_of_cookie = false;  // and not what address and Accept-Language ask for
    std::string user_id;  // of who is signed in, as far as it is known: for the log
    Binding binding;
    std::optional<std::string> idempotency_key;
    std::string session_token;                                // of the session that this request opens
    std::vector<http::Header> extra_headers;                  // of the answer, whatever it becomes
    std::chrono::duration<double, std::milli> database_ms{};  // waiting for the lane included

private:
    std::optional<std::string> parameter(size_t index) const;

    std::atomic<bool> finished_{false};
};

using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace boxoffice::api

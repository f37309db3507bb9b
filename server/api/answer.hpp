// From what a function answered (JSON as text) to an HTTP response. Pages are made in pages.hpp,
// tickets in ticket_files.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/exchange.hpp"
#include "db/lane.hpp"
#include "http/message.hpp"

namespace boxoffice::api {

// A session that was opened (the body has "expires_at", and the function took p_session_hash) becomes a
// cookie, and its token the body's first member; one that was ended (a volatile function took p_credential)
// loses its cookie.
void settle_session(Exchange& exchange, std::string& body, bool secure);

// Content-Disposition of a file to be kept under that name.
std::string attachment(const std::string& filename);

// The response to a route that answers json, redirect, file or qr. `payment_origin` is where a redirect may
// lead besides this site. Throws std::runtime_error when the body is not what the route's answer needs.
http::Response answer_of(const Exchange& exchange, std::string body, std::string_view payment_origin);

// The failure that a function answered with instead of raising it (api.refusal of sql/errors.sql); null for other answers.
std::optional<db::Failure> failure_in(std::string_view body);

// Cache-Control and its kin: what is drawn of tickets may be kept by its buyer alone. An answer that may be kept and
// that the client has already becomes a 304.
void add_caching(const Exchange& exchange, http::Response& response);

// Whether an If-None-Match header has `etag`, compared weakly (RFC 9110 section 8.8.3.2).
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace boxoffice::api

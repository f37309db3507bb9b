// The sandbox's API: an HTTP request becomes one call of sandbox.handle, its answer an HTTP response.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/timer.hpp"
#include "db/lane.hpp"
#include "http/message.hpp"
#include "http/responder.hpp"

namespace boxoffice::sandbox {

// The API key of an Authorization header: `Bearer KEY`, or `Basic` with the key as the user's name. Nothing
// when there is neither.
std::optional<std::string> api_key(std::string_view authorization);

// Stripe's error object as a response.
http::Response error_response(int status, std::string_view type, std::string_view message);

// Answers a request now or later, from a thread of `lanes` or `timer`, which must outlive it. Only who shows `secret_key` is
// answered. Any thread.
void answer_api(const http::Request& request, const http::Responder& responder, std::string_view secret_key,
                db::Lanes& lanes, Timer& timer);

}  // namespace boxoffice::sandbox

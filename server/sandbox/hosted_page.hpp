// The page on which a person pays: choose a test card, authenticate if it asks for that, or go back.
// Forms only, no script.
#pragma once

#include <string>
#include <string_view>

#include "db/lane.hpp"
#include "http/message.hpp"
#include "http/responder.hpp"

namespace boxoffice::sandbox {

// 2400, "eur" as "24.00 EUR"; as many decimals as the currency has: "2400 JPY", "2.400 KWD".
std::string money(long long minor, std::string_view currency);

// The response for what sandbox.show_checkout said of a session: the page, or the way back to the shop.
http::Response page_response(std::string_view checkout_json);

// Answers a request for a path under /pay/, from a thread of `lanes`, which must outlive it. Any thread.
void answer_page(const http::Request& request, const http::Responder& responder, db::Lanes& lanes);

}  // namespace boxoffice::sandbox

// A booking as an appointment (RFC 5545), for the calendar of who has bought.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

#include "render/texts.hpp"

namespace boxoffice::render {

// Whether the appointment is off: the show was cancelled, or no ticket of the booking is valid.
bool is_cancelled(const rapidjson::Value& model);

// A VCALENDAR with one VEVENT, times in UTC. `model` is what sales.ticket_model answers; `public_url` scheme
// and host that people see, without a slash at the end. UID is the booking's, and SEQUENCE grows when the
// show is moved and when seats are given back, so that a calendar takes a later file for a change of the same appointment; a show that was
// cancelled, and a booking without a valid ticket, is one that is cancelled. Any thread. Throws
// std::runtime_error when a model is none.
std::string ticket_calendar(const Texts& texts, const rapidjson::Value& model, std::string_view language,
                            std::string_view public_url);

}  // namespace boxoffice::render

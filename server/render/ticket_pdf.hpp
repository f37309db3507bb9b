// Tickets on paper: a PDF with a page of A5 for each seat.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

#include "render/texts.hpp"

namespace boxoffice::render {

// The PDF of a booking. `model` is what sales.ticket_model answers, with at least one ticket; each becomes a
// page, in the language. The same model gives the same bytes. A page takes some 3 ms of the caller's thread,
// so it is not for a thread that serves others; any number may draw at once. Throws std::runtime_error when a
// model is none, or cairo fails.
std::string ticket_pdf(const Texts& texts, const rapidjson::Value& model, std::string_view language);

}  // namespace boxoffice::render

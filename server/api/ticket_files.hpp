// Answers of kind pdf and ics: a booking's tickets, drawn. A page takes milliseconds, so drawing has a thread
// of its own.
#pragma once

#include <string>

#include "api/exchange.hpp"
#include "api/pool.hpp"
#include "base/settings.hpp"
#include "render/texts.hpp"

namespace boxoffice::api {

class TicketFiles {
public:
    // Reads the messages. Throws render::TemplateError.
    TicketFiles(const Settings& settings, const std::shared_ptr<const render::Currencies>& currencies);

    // Finishes the exchange, whose route answers pdf or ics, with the file of `model`, as sales.ticket_model
    // has it; with busy when too many wait. Any thread.
    void answer(const ExchangePtr& exchange, std::string model);

private:
    http::Response draw(const Exchange& exchange, const std::string& model) const;

    const std::string public_url_;
    const render::Texts texts_;
    Pool pool_;
};

}  // namespace boxoffice::api

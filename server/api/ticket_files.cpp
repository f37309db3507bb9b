#include "api/ticket_files.hpp"

#include <rapidjson/document.h>

#include <stdexcept>

#include "api/answer.hpp"
#include "api/problem.hpp"
#include "render/calendar.hpp"
#include "render/ticket_pdf.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_waiting = 64;  // each with a model of some 5 kB

}  // namespace

TicketFiles::TicketFiles(const Settings& settings, const std::shared_ptr<const render::Currencies>& currencies)
    : public_url_(settings.public_url), texts_(settings.root / "templates", currencies), pool_(1, max_waiting) {}

void TicketFiles::answer(const ExchangePtr& exchange, std::string model) {
    const bool is_accepted = pool_.submit([this, exchange, model = std::move(model)] {
        try {
            http::Response response = draw(*exchange, model);
            add_caching(*exchange, response);
            exchange->finish(std::move(response));
        } catch (const std::exception& error) {
            exchange->finish(to_response(
                internal_error("ticket_file_failed", std::string(exchange->label) + ": " + error.what())));
        }
    });
    if (!is_accepted)
        exchange->finish(to_response(busy()));
}

http::Response TicketFiles::draw(const Exchange& exchange, const std::string& model) const {
    rapidjson::Document document;
    document.Parse(model.data(), model.size());
    if (document.HasParseError() || !document.IsObject() || !document.HasMember("booking_id"))
        throw std::runtime_error("the answer is no booking");

    const bool is_pdf = exchange.route->answer == Answer::pdf;
    http::Response response;
    response.headers = {
        {"Content-Type", is_pdf ? "application/pdf" : "text/calendar; charset=utf-8"},
        {"Content-Disposition", attachment(std::string("tickets-") + document["booking_id"].GetString() +
                                           (is_pdf ? ".pdf" : ".ics"))}};
    response.body = is_pdf ? render::ticket_pdf(texts_, document, exchange.language)
                           : render::ticket_calendar(texts_, document, exchange.language, public_url_);
    return response;
}

}  // namespace boxoffice::api

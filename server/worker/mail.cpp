#include "worker/mail.hpp"

#include <chrono>
#include <optional>
#include <pqxx/pqxx>
#include <string_view>

#include "db/session.hpp"
#include "mail/delivery.hpp"
#include "render/calendar.hpp"
#include "render/ticket_pdf.hpp"
#include "worker/outbox.hpp"

namespace boxoffice::worker {
namespace {

// Nobody else begins before the lease has run out; it is to last longer than sending takes.
constexpr std::chrono::seconds margin{5};

// The same mail for ever, whoever sends it and how often.
std::string message_id(const Job& job, const mail::Address& from) {
    return job.show_id() + "." + job.outbox_id() + "@" + from.domain();
}

void attach_tickets(mail::Message& message, const rapidjson::Value& tickets,
                    const mail::Templates& templates) {
    for (const auto& booking : tickets.GetArray()) {
        // "tickets-bk_….pdf": a receiver with two bookings of one show gets both.
        const std::string name = "tickets-" + std::string(booking["booking_id"].GetString());
        const bool is_valid = !render::is_cancelled(booking);
        if (is_valid) {
            message.attachments.push_back({name + ".pdf", "application/pdf",
                                           render::ticket_pdf(templates.texts(), booking, message.language)});
        }
        message.attachments.push_back(
            {name + ".ics", std::string("text/calendar; charset=utf-8; method=") + (is_valid ? "PUBLISH" : "CANCEL"),
             render::ticket_calendar(templates.texts(), booking, message.language, templates.public_url())});
    }
}

mail::Address sender(const Settings& settings) {
    try {
        return mail::parse_address(settings.mail_from);
    } catch (const mail::MessageError& error) {
        throw SettingsError("BOXOFFICE_MAIL_FROM: " + std::string(error.what()));
    }
}

class Postman {
public:
    Postman(const Settings& settings, std::shared_ptr<const mail::Templates> templates,
            const std::string& conninfo)
        : templates_(std::move(templates)),
          from_(sender(settings)),
          session_(conninfo),
          delivery_(settings) {}

    void deliver(const Job& job) {
        if (job.age() > std::chrono::seconds(Outbox::lease_seconds)) {
            throw LeaseLost();
        }
        const auto json = ask("ops.compose_mail", {job.show_id(), job.payload()});
        if (!json) {
            return;  // nothing to tell any more
        }
        const mail::Message message = write(job, *json);
        renew_lease(job);
        try {
            delivery_.deliver(message, job.outbox_id());
        } catch (const mail::DeliveryError& error) {
            throw JobError(error.what());
        } catch (const mail::DeliveryRefused& error) {
            throw JobRefused(error.what());
        } catch (const mail::MessageError& error) {
            throw JobRefused(error.what());
        }
    }

private:
    // A connection may have been cut while nothing was to be sent: then it is asked again, on a new one.
    std::optional<std::string> ask(std::string_view function, db::Arguments arguments) {
        for (bool is_last = false;; is_last = true) {
            try {
                return session_.value(function, arguments);
            } catch (const pqxx::broken_connection& error) {
                if (is_last) {
                    throw JobError(error.what());
                }
            }
        }
    }

    mail::Message write(const Job& job, const std::string& json) const {
        rapidjson::Document model;
        model.Parse(json.c_str(), json.size());
        try {
            return mail_of(job, model, *templates_, from_);
        } catch (const std::runtime_error& error) {  // a fault of ours, which a newer version may not have
            throw JobError(error.what());
        }
    }

    // Right before it is sent: a job that has waited here for so long that another worker may have it is left
    // to that one.
    void renew_lease(const Job& job) {
        const auto needed = delivery_.longest() + margin;
        if (job.age() + needed < std::chrono::seconds(Outbox::lease_seconds)) {
            return;
        }
        const auto is_ours =
            ask("ops.renew_lease", {job.show_id(), job.outbox_id(), std::to_string(job.attempt_count()),
                                    std::to_string((needed + margin).count())});
        if (is_ours != "t") {
            throw LeaseLost();
        }
    }

    const std::shared_ptr<const mail::Templates> templates_;
    const mail::Address from_;
    db::Session session_;
    mail::Delivery delivery_;
};

}  // namespace

mail::Message mail_of(const Job& job, const rapidjson::Value& model, const mail::Templates& templates,
                      const mail::Address& from) {
    const auto text = [&model](const char* name) {
        const auto found = model.FindMember(name);
        return found != model.MemberEnd() && found->value.IsString() ? found->value.GetString()
                                                                     : std::string();
    };
    mail::Letter letter = templates.write(model);
    mail::Message message;
    message.id = message_id(job, from);
    message.sent_at = job.created_at();
    message.from = from;
    message.to = {text("name"), text("to")};
    message.language = std::move(letter.language);
    message.subject = std::move(letter.subject);
    message.text = std::move(letter.text);
    message.html = std::move(letter.html);
    if (const auto tickets = model.FindMember("tickets");
        tickets != model.MemberEnd() && tickets->value.IsArray()) {
        attach_tickets(message, tickets->value, templates);
    }
    return message;
}

void add_mail_handlers(Handlers& handlers, const Settings& settings,
                       std::shared_ptr<const mail::Templates> templates, const std::string& conninfo) {
    const auto postman = std::make_shared<Postman>(settings, std::move(templates), conninfo);
    handlers["mail"] = [postman](const Job& job) -> Effects {
        postman->deliver(job);
        return {};
    };
}

}  // namespace boxoffice::worker

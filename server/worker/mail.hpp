// The job `mail`: a mail that ops.add_mail promised is composed, written and sent.
#pragma once

#include <memory>

#include "base/settings.hpp"
#include "mail/message.hpp"
#include "mail/templates.hpp"
#include "worker/job.hpp"

namespace boxoffice::worker {

// `conninfo` is of the worker's role. A mail that has nothing to tell any more is done. Throws SettingsError
// when the sender cannot be written.
void add_mail_handlers(Handlers& handlers, const Settings& settings,
                       std::shared_ptr<const mail::Templates> templates, const std::string& conninfo);

// The mail of a row of the outbox. `model` is what ops.compose_mail answers; each of its "tickets" is
// attached as a PDF and an appointment. The same row and model make the same bytes.
mail::Message mail_of(const Job& job, const rapidjson::Value& model, const mail::Templates& templates,
                      const mail::Address& from);

}  // namespace boxoffice::worker

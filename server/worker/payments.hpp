// The jobs that move money: authorize, open_checkout, expire_checkout, capture, void.
// What the provider decided is told to the database; what it did not decide is asked again, never guessed.
#pragma once

#include "base/settings.hpp"
#include "worker/job.hpp"
#include "worker/stripe.hpp"

namespace boxoffice::worker {

void add_payment_handlers(Handlers& handlers, const Settings& settings);

// What is asked.
Form authorize_form(const Job& job);
Form open_checkout_form(const Job& job);

// What the answer means. Throws JobError for one that means nothing here.
Effects after_authorize(const Job& job, const Answer& answer);
Effects after_open_checkout(const Job& job, const Answer& answer);
Effects after_capture(const Job& job, const Answer& answer);
Effects after_void(const Job& job, const Answer& answer);
// `session` is the checkout session as it is after it was asked to expire.
Effects after_expire_checkout(const Job& job, const Answer& session);

}  // namespace boxoffice::worker

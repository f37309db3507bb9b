// The jobs of money: authorize, open_checkout, expire_checkout, capture, void, refund, save_method, and
// cancel_show, which gives all of a show's money back.
// What the provider decided is told to the database; what it did not decide is asked again, never guessed.
#pragma once

#include "base/settings.hpp"
#include "worker/job.hpp"
#include "worker/stripe.hpp"

namespace boxoffice::worker {

void add_payment_handlers(Handlers& handlers, const Settings& settings);

// What is asked. `customer` is the buyer at the provider; empty: nobody known.
Form authorize_form(const Job& job, const std::string& customer = {});
Form open_checkout_form(const Job& job);
Form refund_form(const Job& job);
Form save_method_form(const Job& job, const std::string& customer);

// What the answer means. Throws JobError for one that means nothing here.
Effects after_authorize(const Job& job, const Answer& answer, const std::string& customer = {});
Effects after_open_checkout(const Job& job, const Answer& answer);
Effects after_capture(const Job& job, const Answer& answer);
Effects after_void(const Job& job, const Answer& answer);
Effects after_refund(const Job& job, const Answer& answer);
Effects after_save_method(const Job& job, const Answer& answer, const std::string& customer);
// `session` is the checkout session as it is after it was asked to expire.
Effects after_expire_checkout(const Job& job, const Answer& session);

}  // namespace boxoffice::worker

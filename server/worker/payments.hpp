// The jobs of money: authorize, open_checkout, expire_checkout, look, capture, void, refund, return_money,
// save_method, and cancel_show, which gives all of a show's money back; and those that hear what the provider did by itself:
// read_events, hear_event, ask_dispute.
// What the provider decided is told to the database, which compares it with what was asked
// (sql/sales/match_payment.sql); what it did not decide is asked again, never guessed.
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
// All that is left of an intent that buys nothing.
Form return_form(const Job& job);
// Where the provider finds what it authorized for the job's payment, by what `authorize_form` says of it.
std::string intents_path(const Job& job);
// Where the refunds of the job's charge are listed: those after this one; empty: from the newest on.
std::string refunds_path(const Job& job, const std::string& after = {});
Form save_method_form(const Job& job, const std::string& customer);

// What the answer means. Throws JobError for one that means nothing here.
Effects after_authorize(const Job& job, const Answer& answer, const std::string& customer = {});
// The id of the payment's intent, of its amount and currency, on this page of what was found: rather an authorized
// one than one that has failed. Empty: none.
std::string intent_in(const Job& job, const Answer& page);
// What that intent means now. A card that was to be kept is not: who wants that can say so again.
Effects after_search(const Job& job, const Answer& intent);
Effects after_open_checkout(const Job& job, const Answer& answer);
Effects after_capture(const Job& job, const Answer& answer);
Effects after_void(const Job& job, const Answer& answer);
// How a charge stands: by its page, if it has one, and the intent that the page names (`own`); `claimed` says of itself
// that it is the charge's. Each is null where there is none.
Effects after_look(const Job& job, const Answer* session, const Answer* own, const Answer* claimed);
// Where the provider lists the events of the job's types that it made since then: those after this one; empty: from the newest on.
std::string events_path(const Job& job, const std::string& after = {});
// What a page of that list says, and when its newest event was made, if that is later than `newest` (seconds since 1970).
Effects after_events(const Job& job, const Answer& page, std::int64_t& newest);
Effects after_dispute(const Job& job, const Answer& answer);
// The intent, or the answer to its cancellation or refund.
Effects after_return(const Job& job, const Answer& answer);
// The id of the refund on this page of the list that was made for the job, of its amount and currency: rather one that
// stands than one that failed. Empty: none.
std::string refund_in(const Job& job, const Answer& page);
// The last of this page's objects, if others follow; else empty.
std::string next_page_after(const Job& job, const Answer& page);
Effects after_refund(const Job& job, const Answer& answer);
Effects after_save_method(const Job& job, const Answer& answer, const std::string& customer);
// `session` is the checkout session as it is after it was asked to expire, `intent` the one that it names, if any.
Effects after_expire_checkout(const Job& job, const Answer& session, const Answer* intent);

}  // namespace boxoffice::worker

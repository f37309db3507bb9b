#include "worker/payments.hpp"

#include <memory>

#include "base/encoding.hpp"

namespace boxoffice::worker {
namespace {

// A checkout session lives 30 minutes at least from the moment the provider hears of it, which the last
// attempt does some ten minutes after the promise. Ours is closed when its hold ends, long before.
constexpr std::int64_t checkout_seconds = 3600;

std::string intent_path(const Job& job, const char* act) {
    return "/v1/payment_intents/" + percent_encode(job.text("provider_ref")) + act;
}

std::string checkout_path(const Job& job) {
    return "/v1/checkout/sessions/" + percent_encode(job.text("checkout_ref"));
}

Effects tell(const Job& job, const char* function, std::vector<db::Argument> more = {}) {
    std::vector<db::Argument> arguments{job.show_id(), job.text("payment_id")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {{function, std::move(arguments)}};
}

// For good: a declined card, or something asked that cannot be.
bool is_refused(const Answer& answer) {
    return answer.status == 400 || answer.status == 402;
}

// Why it failed, in the provider's word: the bank's reason where it gave one.
std::string failure_code(const Answer& answer) {
    std::string decline_code = answer.text({"error", "decline_code"});
    if (!decline_code.empty() && decline_code != "generic_decline") {
        return decline_code;
    }
    const std::string code = answer.text({"error", "code"});
    return code.empty() ? answer.text({"error", "type"}) : code;
}

// The status of the intent, be the answer the intent itself or a refusal that shows it.
std::string intent_status(const Answer& answer) {
    return answer.status == 200 ? answer.text({"status"})
                                : answer.text({"error", "payment_intent", "status"});
}

[[noreturn]] void give_back(const Job& job, const Answer& answer) {
    throw JobError(job.kind() + ": " +
                   (answer.status == 200 ? "status " + answer.text({"status"}) : answer.summary()));
}

}  // namespace

Form authorize_form(const Job& job) {
    return {
        {"amount", job.text("amount")},
        {"currency", job.text("currency")},
        {"payment_method", job.text("payment_method")},
        {"payment_method_types[0]", "card"},
        {"confirm", "true"},
        {"capture_method", "manual"},
        {"error_on_requires_action", "true"},  // nobody is there who could act
        {"description", job.text("description")},
        {"metadata[booking_id]", job.text("booking_id")},
        {"metadata[payment_id]", job.text("payment_id")},
        {"metadata[show_id]", job.show_id()},
    };
}

Effects after_authorize(const Job& job, const Answer& answer) {
    if (is_refused(answer)) {
        const std::string intent = answer.text({"error", "payment_intent", "id"});
        return tell(job, "sales.fail_payment",
                    {failure_code(answer), intent.empty() ? db::Argument() : db::Argument(intent)});
    }
    const std::string status = answer.text({"status"});
    if (status == "requires_capture") {
        return tell(job, "sales.complete_payment", {answer.text({"id"})});
    }
    if (status == "requires_action") {
        return tell(job, "sales.fail_payment", {"authentication_required", answer.text({"id"})});
    }
    give_back(job, answer);
}

Form open_checkout_form(const Job& job) {
    Form form{
        {"mode", "payment"},
        {"client_reference_id", job.text("booking_id")},
        {"success_url", job.text("success_url")},
        {"cancel_url", job.text("cancel_url")},
        {"expires_at", std::to_string(job.created_at() + checkout_seconds)},
        {"line_items[0][quantity]", "1"},
        {"line_items[0][price_data][unit_amount]", job.text("amount")},
        {"line_items[0][price_data][currency]", job.text("currency")},
        {"line_items[0][price_data][product_data][name]", job.text("description")},
        {"payment_intent_data[capture_method]", "manual"},
        {"payment_intent_data[description]", job.text("description")},
    };
    for (const std::string metadata : {"metadata", "payment_intent_data[metadata]"}) {
        form.emplace_back(metadata + "[booking_id]", job.text("booking_id"));
        form.emplace_back(metadata + "[payment_id]", job.text("payment_id"));
        form.emplace_back(metadata + "[show_id]", job.show_id());
    }
    return form;
}

Effects after_open_checkout(const Job& job, const Answer& answer) {
    if (is_refused(answer)) {
        return tell(job, "sales.fail_payment", {failure_code(answer), std::nullopt});
    }
    if (answer.text({"status"}) == "open") {
        return tell(job, "sales.open_checkout", {answer.text({"id"}), answer.text({"url"})});
    }
    give_back(job, answer);
}

Effects after_expire_checkout(const Job& job, const Answer& session) {
    if (session.text({"status"}) == "expired") {
        return tell(job, "sales.fail_payment", {"checkout_expired", std::nullopt});
    }
    if (session.text({"status"}) == "complete") {
        return tell(job, "sales.complete_payment", {session.text({"payment_intent"})});
    }
    give_back(job, session);
}

Effects after_capture(const Job& job, const Answer& answer) {
    if (intent_status(answer) == "succeeded") {
        return tell(job, "sales.settle_capture");
    }
    give_back(job, answer);
}

Effects after_void(const Job& job, const Answer& answer) {
    if (intent_status(answer) == "canceled") {
        return tell(job, "sales.settle_void");
    }
    give_back(job, answer);
}

void add_payment_handlers(Handlers& handlers, const Settings& settings) {
    const auto stripe = std::make_shared<Stripe>(settings);

    handlers["authorize"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        return after_authorize(job, stripe->post("/v1/payment_intents", authorize_form(job), key));
    };
    handlers["open_checkout"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        return after_open_checkout(job, stripe->post("/v1/checkout/sessions", open_checkout_form(job), key));
    };
    handlers["expire_checkout"] = [stripe](const Job& job) {
        // Refused when it has ended already; so look how.
        static_cast<void>(stripe->post(checkout_path(job) + "/expire", {}, ""));
        return after_expire_checkout(job, stripe->get(checkout_path(job)));
    };
    handlers["capture"] = [stripe](const Job& job) {
        const Form form{{"amount_to_capture", job.text("amount")}};
        const std::string key = job.text("idempotency_key");
        return after_capture(job, stripe->post(intent_path(job, "/capture"), form, key));
    };
    handlers["void"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        return after_void(job, stripe->post(intent_path(job, "/cancel"), {}, key));
    };
}

}  // namespace boxoffice::worker

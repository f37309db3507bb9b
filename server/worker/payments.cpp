#include "worker/payments.hpp"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <memory>
#include <optional>

#include "base/encoding.hpp"

namespace boxoffice::worker {
namespace {

// A checkout session lives 30 minutes at least from the moment the provider hears of it, which the last
// attempt does some ten minutes after the promise. Ours is closed when its hold ends, long before.
constexpr std::int64_t checkout_seconds = 3600;

// The provider keeps idempotency keys for a day. What was first asked for before this many seconds may be
// forgotten: the same request would be another one.
constexpr std::int64_t key_seconds = 20 * 3600;
// What was asked for last before that is found by then: the search lags behind, an hour at the worst
// (https://docs.stripe.com/search#data-freshness).
constexpr std::int64_t search_lag_seconds = 2 * 3600;

std::string intent_path(const Job& job, const char* act) {
    return "/v1/payment_intents/" + percent_encode(job.text("provider_ref")) + act;
}

std::string intent_path(const std::string& intent) {
    return "/v1/payment_intents/" + percent_encode(intent);
}

std::string checkout_path(const Job& job) {
    return "/v1/checkout/sessions/" + percent_encode(job.text("checkout_ref"));
}

void add_metadata(Form& form, const std::string& member, const Job& job) {
    for (const char* name : {"booking_id", "payment_id"}) {
        if (const std::string value = job.text_if_any(name); !value.empty()) {
            form.emplace_back(member + "[" + name + "]", value);
        }
    }
    form.emplace_back(member + "[show_id]", job.show_id());
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

// An intent as the database wants to hear of it. `source`: "answer", to our own request; "event", something else
// named it; "stranger", what we asked about is another one.
Effects hear_intent(const Job& job, const std::string& charge, const rapidjson::Value& intent,
                    const char* source) {
    return {{"sales.hear_intent",
             {job.show_id(), charge,
              to_json(intent, {"id", "status", "amount", "amount_capturable", "amount_received", "currency",
                               "cancellation_reason", "last_payment_error"}),
              source}}};
}

Effects hear_refund(const rapidjson::Value& refund) {
    return {{"sales.hear_refund",
             {to_json(refund, {"id", "status", "amount", "currency", "payment_intent", "failure_reason", "metadata"})}}};
}

void add(Effects& effects, Effects more) {
    effects.insert(effects.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Why it failed, in the provider's word: the bank's reason where it gave one. `error`: the member that tells.
std::string failure_code(const rapidjson::Value& object, const char* error) {
    std::string decline_code = text_in(object, {error, "decline_code"});
    if (!decline_code.empty() && decline_code != "generic_decline") {
        return decline_code;
    }
    const std::string code = text_in(object, {error, "code"});
    return code.empty() ? text_in(object, {error, "type"}) : code;
}

std::string failure_code(const Answer& answer) {
    return failure_code(answer.body, "error");
}

// The intent that an answer is, or that a refusal shows; null if there is none.
const rapidjson::Value& intent_of(const Answer& answer) {
    static const rapidjson::Value none;
    if (answer.status == 200) {
        return answer.body;
    }
    const rapidjson::Value* value = &answer.body;
    for (const char* member : {"error", "payment_intent"}) {
        if (!value->IsObject() || !value->HasMember(member)) {
            return none;
        }
        value = &(*value)[member];
    }
    return *value;
}

std::string intent_status(const Answer& answer) {
    return text_in(intent_of(answer), {"status"});
}

[[noreturn]] void give_back(const Job& job, const Answer& answer, const std::string& why = {}) {
    throw JobError(job.kind() + ": " + why + (why.empty() ? "" : ": ") +
                   (answer.status == 200 ? "status " + answer.text({"status"}) : answer.summary()));
}

// What the buyer knows the method by, "visa 4242", of an answer that shows it whole (`expand`).
std::string label_of(const Answer& answer) {
    const std::string brand = answer.text({"payment_method", "card", "brand"});
    return brand.empty() ? "card" : brand + " " + answer.text({"payment_method", "card", "last4"});
}

// Who the buyer is at the provider: the one that is known, or else the one that is made now. A repeat within
// the day that the provider keeps keys gets the same one; after it nobody refers to the first. No address is
// told, so that none is refused.
std::string customer_of(const Job& job, Stripe& stripe) {
    if (const std::string known = job.text_if_any("customer"); !known.empty()) {
        return known;
    }
    const std::string user = job.text("user_id");
    const Answer answer = stripe.post("/v1/customers", {{"metadata[user_id]", user}}, "customer-" + user);
    if (answer.status != 200) {
        give_back(job, answer);
    }
    return answer.text({"id"});
}

bool is_failed_refund(const std::string& status) {
    return status == "failed" || status == "canceled";
}

// Whether an intent or a refund was made for this job: its metadata say so, and its amount and currency. Others may
// have the same metadata.
bool is_of(const Job& job, const rapidjson::Value& object) {
    return text_in(object, {"metadata", "payment_id"}) == job.text("payment_id") &&
           text_in(object, {"currency"}) == job.text("currency") && object.HasMember("amount") &&
           to_json(object["amount"]) == job.text("amount");
}

rapidjson::Value::ConstArray listed(const Job& job, const Answer& page) {
    if (page.status != 200 || !page.body.HasMember("data") || !page.body["data"].IsArray()) {
        give_back(job, page, "no list");
    }
    return page.body["data"].GetArray();
}

// Each page of the refunds of the job's charge, until `is_enough` says so.
template <typename IsEnough>
void read_refunds(const Job& job, Stripe& stripe, IsEnough is_enough) {
    std::string after;
    do {
        const Answer page = stripe.get(refunds_path(job, after));
        if (is_enough(page)) {
            return;
        }
        after = next_page_after(job, page);
    } while (!after.empty());
}

// The refund that the provider has made for this job, whichever attempt asked for it; empty: none.
std::string find_refund(const Job& job, Stripe& stripe) {
    std::string refund;
    read_refunds(job, stripe, [&](const Answer& page) {
        refund = refund_in(job, page);
        return !refund.empty();
    });
    return refund;
}

// The provider has nothing left to return of this charge: somebody made other refunds of it there. They are told
// first, as one of them may be what is due.
Effects after_refunds_by_hand(const Job& job, Stripe& stripe, const Answer& refusal) {
    Effects effects;
    read_refunds(job, stripe, [&](const Answer& page) {
        for (const auto& refund : listed(job, page)) {
            add(effects, hear_refund(refund));
        }
        return false;
    });
    add(effects, after_refund(job, refusal));
    return effects;
}

}  // namespace

Form authorize_form(const Job& job, const std::string& customer) {
    Form form{
        {"amount", job.text("amount")},
        {"currency", job.text("currency")},
        {"payment_method", job.text("payment_method")},
        {"payment_method_types[0]", "card"},
        {"confirm", "true"},
        {"capture_method", "manual"},
        // Nobody is there who could act.
        {job.is_set("off_session") ? "off_session" : "error_on_requires_action", "true"},
        {"description", job.text("description")},
    };
    if (!customer.empty()) {
        form.emplace_back("customer", customer);
    }
    if (job.is_set("save_method")) {
        form.emplace_back("setup_future_usage", "off_session");
        form.emplace_back("expand[0]", "payment_method");
    }
    add_metadata(form, "metadata", job);
    return form;
}

Effects after_authorize(const Job& job, const Answer& answer, const std::string& customer) {
    if (is_refused(answer)) {
        const std::string intent = answer.text({"error", "payment_intent", "id"});
        return tell(job, "sales.fail_payment",
                    {failure_code(answer), intent.empty() ? db::Argument() : db::Argument(intent)});
    }
    const std::string status = answer.text({"status"});
    if (status == "requires_capture") {
        Effects effects = hear_intent(job, job.text("payment_id"), answer.body, "answer");
        if (job.is_set("save_method")) {
            effects.push_back(
                {"account.keep_payment_method",
                 {job.text("user_id"), customer, answer.text({"payment_method", "id"}), label_of(answer)}});
        }
        return effects;
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
    add_metadata(form, "metadata", job);
    add_metadata(form, "payment_intent_data[metadata]", job);
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

Effects after_expire_checkout(const Job& job, const Answer& session, const Answer* intent) {
    const std::string charge = job.text("payment_id");
    if (session.text({"status"}) == "expired") {
        return tell(job, "sales.fail_payment", {"checkout_expired", std::nullopt});
    }
    if (session.text({"status"}) == "complete" && intent != nullptr && intent->status == 200) {
        return hear_intent(job, charge, intent->body, "answer");
    }
    give_back(job, session);
}

Effects after_look(const Job& job, const Answer* session, const Answer* own, const Answer* claimed) {
    const std::string charge = job.text("charge_id");
    Effects effects;
    if (session != nullptr && session->text({"status"}) == "expired") {
        effects.push_back(
            {"sales.fail_payment", {job.show_id(), charge, "checkout_expired", std::nullopt}});
    } else if (own != nullptr && own->status == 200) {
        effects = hear_intent(job, charge, own->body, "answer");
    }
    if (claimed != nullptr && claimed->status == 200) {
        add(effects, hear_intent(job, charge, claimed->body, session == nullptr ? "event" : "stranger"));
    }
    return effects;
}

Effects after_capture(const Job& job, const Answer& answer) {
    const std::string status = intent_status(answer);
    if (status == "succeeded" || status == "canceled") {
        return hear_intent(job, job.text("payment_id"), intent_of(answer), "answer");
    }
    give_back(job, answer);
}

Effects after_void(const Job& job, const Answer& answer) {
    const std::string status = intent_status(answer);
    if (status == "canceled" || status == "succeeded") {
        return hear_intent(job, job.text("payment_id"), intent_of(answer), "answer");
    }
    give_back(job, answer);
}

std::string events_path(const Job& job, const std::string& after) {
    std::string path = "/v1/events?limit=100&created[gte]=" + job.text("since");
    rapidjson::Document payload;
    payload.Parse(job.payload().c_str());
    int number = 0;
    for (const auto& type : payload["types"].GetArray()) {
        path += "&types[" + std::to_string(number++) + "]=" + percent_encode(type.GetString());
    }
    return after.empty() ? path : path + "&starting_after=" + percent_encode(after);
}

Effects after_events(const Job& job, const Answer& page, std::int64_t& newest) {
    for (const auto& event : listed(job, page)) {
        if (event.HasMember("created") && event["created"].IsInt64()) {
            newest = std::max(newest, event["created"].GetInt64());
        }
    }
    return {{"ops.promise_events", {to_json(page.body["data"])}}};
}

Effects after_dispute(const Job& job, const Answer& answer) {
    if (answer.status == 404) {
        return {};
    }
    if (answer.status != 200) {
        give_back(job, answer);
    }
    return {{"sales.hear_dispute",
             {to_json(answer.body, {"id", "amount", "currency", "reason", "status", "created", "payment_intent"}),
              std::nullopt, job.text("asked_count")}}};
}

Effects after_return(const Job& job, const Answer& answer) {
    const auto returned = [&job](const db::Argument& failure) {
        return Effects{{"sales.note_returned", {job.show_id(), job.text("provider_ref"), failure}}};
    };
    const std::string status = intent_status(answer);
    // A refund has no status "canceled" unless it came to nothing; an intent that is cancelled holds no money.
    const bool is_refund = answer.status == 200 && answer.text({"object"}) == "refund";
    if (is_refund ? !is_failed_refund(status) : status == "canceled") {
        return returned(std::nullopt);
    }
    if (answer.text({"error", "code"}) == "charge_already_refunded") {
        return returned(std::nullopt);
    }
    if (is_refund) {
        return returned(status);
    }
    if (answer.status != 200 && status.empty()) {
        return returned(failure_code(answer));
    }
    give_back(job, answer);
}

Form refund_form(const Job& job) {
    Form form{
        {"payment_intent", job.text("charge_ref")},
        {"amount", job.text("amount")},
        {"metadata[refund]", "true"},
    };
    add_metadata(form, "metadata", job);
    return form;
}

Form return_form(const Job& job) {
    return {{"payment_intent", job.text("provider_ref")}, {"metadata[returned]", "true"}};
}

std::string intents_path(const Job& job) {
    return "/v1/payment_intents/search?query=" +
           percent_encode("metadata['payment_id']:'" + job.text("payment_id") + "'") + "&limit=100";
}

std::string intent_in(const Job& job, const Answer& page) {
    std::string best;
    int best_rank = 0;
    for (const auto& intent : listed(job, page)) {
        if (!is_of(job, intent)) {
            continue;
        }
        const std::string status = text_in(intent, {"status"});
        const int rank = status == "requires_capture" || status == "succeeded" ? 3
                         : status == "processing"                               ? 2
                                                                                : 1;
        if (rank > best_rank) {
            best_rank = rank;
            best = text_in(intent, {"id"});
        }
    }
    return best;
}

Effects after_search(const Job& job, const Answer& intent) {
    const std::string status = intent_status(intent);
    if (intent.status != 200 || status == "processing") {
        give_back(job, intent);
    }
    if (status == "requires_capture" || status == "succeeded") {
        return hear_intent(job, job.text("payment_id"), intent.body, "answer");
    }
    const std::string code = failure_code(intent.body, "last_payment_error");
    return tell(job, "sales.fail_payment",
                {!code.empty()                 ? code
                 : status == "requires_action" ? "authentication_required"
                                               : "never_authorized",
                 intent.text({"id"})});
}

std::string refunds_path(const Job& job, const std::string& after) {
    return "/v1/refunds?payment_intent=" + percent_encode(job.text("charge_ref")) + "&limit=100" +
           (after.empty() ? "" : "&starting_after=" + percent_encode(after));
}

std::string refund_in(const Job& job, const Answer& page) {
    std::string failed;
    for (const auto& refund : listed(job, page)) {
        if (!is_of(job, refund)) {
            continue;
        }
        if (!is_failed_refund(text_in(refund, {"status"}))) {
            return text_in(refund, {"id"});
        }
        if (failed.empty()) {
            failed = text_in(refund, {"id"});
        }
    }
    return failed;
}

std::string next_page_after(const Job& job, const Answer& page) {
    const auto refunds = listed(job, page);
    if (!page.body.HasMember("has_more") || !page.body["has_more"].IsTrue()) {
        return {};
    }
    if (refunds.Empty()) {
        give_back(job, page, "an empty page before the last");
    }
    return text_in(refunds[refunds.Size() - 1], {"id"});
}

// What takes its time stays asked for. What is refused comes to its end; only money that the account lacks today it
// may have tomorrow.
Effects after_refund(const Job& job, const Answer& answer) {
    const std::string status = answer.status == 200 ? answer.text({"status"}) : "";
    if (status == "succeeded" || is_failed_refund(status)) {
        return hear_refund(answer.body);
    }
    const std::string code = failure_code(answer);
    if ((is_refused(answer) || answer.status == 404) && code != "balance_insufficient") {
        return tell(job, "sales.fail_refund", {std::nullopt, code});
    }
    give_back(job, answer);
}

Form save_method_form(const Job& job, const std::string& customer) {
    return {
        {"customer", customer},
        {"payment_method", job.text("payment_method")},
        {"payment_method_types[0]", "card"},
        {"confirm", "true"},
        {"usage", "off_session"},
        {"expand[0]", "payment_method"},
        {"metadata[show_id]", job.show_id()},
        {"metadata[entry_id]", job.text("entry_id")},
    };
}

Effects after_save_method(const Job& job, const Answer& answer, const std::string& customer) {
    const std::string status = answer.text({"status"});
    if (status == "succeeded") {
        return {{"waitlist.method_saved",
                 {job.show_id(), job.text("entry_id"), job.text("user_id"), customer,
                  answer.text({"payment_method", "id"}), label_of(answer)}}};
    }
    // Nobody is there who could act.
    if (is_refused(answer) || status == "requires_action") {
        return {{"waitlist.method_refused",
                 {job.show_id(), job.text("entry_id"),
                  is_refused(answer) ? failure_code(answer) : "authentication_required"}}};
    }
    give_back(job, answer);
}

void add_payment_handlers(Handlers& handlers, const Settings& settings) {
    const auto stripe = std::make_shared<Stripe>(settings);

    handlers["authorize"] = [stripe](const Job& job) {
        // An earlier attempt may have been answered to nobody, and what it authorized must not be authorized
        // again. What was not is not asked for so late.
        if (const std::int64_t age = std::time(nullptr) - job.created_at(); age > key_seconds) {
            const std::string intent = intent_in(job, stripe->get(intents_path(job)));
            if (!intent.empty()) {
                return after_search(job, stripe->get(intent_path(intent)));
            }
            if (age < key_seconds + search_lag_seconds) {
                throw JobError("authorize: nothing is found, perhaps not yet");
            }
            return tell(job, "sales.fail_payment", {"never_authorized", std::nullopt});
        }
        const std::string key = job.text("idempotency_key");
        const std::string customer =
            job.is_set("save_method") ? customer_of(job, *stripe) : job.text_if_any("customer");
        return after_authorize(job, stripe->post("/v1/payment_intents", authorize_form(job, customer), key),
                               customer);
    };
    handlers["open_checkout"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        return after_open_checkout(job, stripe->post("/v1/checkout/sessions", open_checkout_form(job), key));
    };
    handlers["expire_checkout"] = [stripe](const Job& job) {
        // Refused when it has ended already; so look how.
        static_cast<void>(stripe->post(checkout_path(job) + "/expire", {}, ""));
        const Answer session = stripe->get(checkout_path(job));
        if (const std::string intent = session.text({"payment_intent"}); !intent.empty()) {
            const Answer own = stripe->get(intent_path(intent));
            return after_expire_checkout(job, session, &own);
        }
        return after_expire_checkout(job, session, nullptr);
    };
    handlers["look"] = [stripe](const Job& job) {
        std::optional<Answer> session, own, claimed;
        const auto ask = [&stripe, &job](std::optional<Answer>& answer, const std::string& path) {
            answer = stripe->get(path);
            if (answer->status != 200 && answer->status != 404) {
                give_back(job, *answer);
            }
        };
        std::string intent;
        if (!job.text_if_any("checkout_ref").empty()) {
            ask(session, checkout_path(job));
            if (intent = session->text({"payment_intent"}); !intent.empty()) {
                ask(own, intent_path(intent));
            }
        }
        if (const std::string claim = job.text_if_any("intent_ref"); !claim.empty() && claim != intent) {
            ask(claimed, intent_path(claim));
        }
        const auto if_any = [](const std::optional<Answer>& answer) { return answer ? &*answer : nullptr; };
        return after_look(job, if_any(session), if_any(own), if_any(claimed));
    };
    handlers["return_money"] = [stripe](const Job& job) {
        const std::string intent = job.text("provider_ref");
        const Answer now = stripe->get(intent_path(intent));
        const std::string status = intent_status(now);
        if (now.status != 200 || status == "canceled" || status == "processing") {
            return after_return(job, now);
        }
        return after_return(job, status == "succeeded"
                                     ? stripe->post("/v1/refunds", return_form(job), intent + "-return")
                                     : stripe->post(intent_path(job, "/cancel"), {}, intent + "-release"));
    };
    handlers["capture"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        return after_capture(job, stripe->post(intent_path(job, "/capture"), {}, key));
    };
    handlers["void"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        return after_void(job, stripe->post(intent_path(job, "/cancel"), {}, key));
    };
    handlers["refund"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        // Under one key the provider refunds once, but it forgets keys after a day, and would then give a
        // part of the charge back again. So each attempt looks first; the first one too, as a crash or a
        // backup of the database may have lost that there was one before.
        std::string refund = find_refund(job, *stripe);
        if (refund.empty()) {
            const Answer answer = stripe->post("/v1/refunds", refund_form(job), key);
            if (answer.text({"error", "code"}) == "charge_already_refunded") {
                return after_refunds_by_hand(job, *stripe, answer);
            }
            if (answer.status != 200 || !answer.is_replay) {
                return after_refund(job, answer);
            }
            refund = answer.text({"id"});
        }
        // A repeat gets the first answer again; how the refund stands now it says itself.
        return after_refund(job, stripe->get("/v1/refunds/" + percent_encode(refund)));
    };
    handlers["save_method"] = [stripe](const Job& job) {
        const std::string key = job.text("idempotency_key");
        const std::string customer = customer_of(job, *stripe);
        return after_save_method(job, stripe->post("/v1/setup_intents", save_method_form(job, customer), key),
                                 customer);
    };
    handlers["read_events"] = [stripe](const Job& job) {
        Effects effects;
        std::string after;
        std::int64_t newest = 0;
        do {
            const Answer page = stripe->get(events_path(job, after));
            add(effects, after_events(job, page, newest));
            after = next_page_after(job, page);
        } while (!after.empty());
        effects.push_back({"ops.note_events_read", {newest == 0 ? db::Argument() : db::Argument(std::to_string(newest))}});
        return effects;
    };
    handlers["hear_event"] = [](const Job& job) {
        rapidjson::Document payload;
        payload.Parse(job.payload().c_str());
        return Effects{{"sales.receive_provider_event", {to_json(payload["event"]), "true"}}};
    };
    handlers["ask_dispute"] = [stripe](const Job& job) {
        return after_dispute(job, stripe->get("/v1/disputes/" + percent_encode(job.text("dispute_ref"))));
    };
    handlers["cancel_show"] = [](const Job& job) {
        return Effects{{"sales.settle_cancelled_show", {job.show_id()}}};
    };
}

}  // namespace boxoffice::worker

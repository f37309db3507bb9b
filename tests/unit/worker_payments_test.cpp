// What the provider is asked, and what its answers mean for a payment.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "worker/payments.hpp"

using namespace boxoffice::worker;

namespace {

Job job(const std::string& kind, const std::string& payload) {
    return Job(
        R"({"show_id": 7, "outbox_id": "ob", "attempt_count": 1, "created_at": 1700000000, "kind": ")" +
        kind + R"(", "payload": )" + payload + "}");
}

Job authorize_job() {
    return job("authorize", R"({"payment_id": "p1", "amount": 2400, "currency": "eur", "description": "Film",
        "payment_method": "pm_card_visa", "idempotency_key": "k", "booking_id": "bk_1"})");
}

Job checkout_job() {
    return job("open_checkout",
               R"({"payment_id": "p1", "amount": 2400, "currency": "eur", "description": "Film",
        "success_url": "http://x/ok", "cancel_url": "http://x/no", "idempotency_key": "k", "booking_id": "bk_1"})");
}

Job other_job(const std::string& kind) {
    return job(kind, R"({"payment_id": "p1", "provider_ref": "pi_1", "checkout_ref": "cs_1"})");
}

Answer answer(int status, const char* body) {
    Answer answer;
    answer.status = status;
    answer.body.Parse(body);
    return answer;
}

// "sales.f(7, p1, …); …", null for NULL.
std::string told(const Effects& effects) {
    std::string text;
    for (const auto& effect : effects) {
        text += (text.empty() ? "" : "; ") + effect.function + "(";
        for (const auto& argument : effect.arguments) {
            text += (text.back() == '(' ? "" : ", ") + argument.value_or("null");
        }
        text += ")";
    }
    return text;
}

std::string value(const Form& form, const std::string& name) {
    const auto found =
        std::find_if(form.begin(), form.end(), [&name](const auto& pair) { return pair.first == name; });
    return found == form.end() ? "(missing)" : found->second;
}

}  // namespace

TEST_CASE("an authorization takes no money yet and can be traced to its payment") {
    const Form form = authorize_form(authorize_job());
    CHECK(value(form, "amount") == "2400");
    CHECK(value(form, "currency") == "eur");
    CHECK(value(form, "capture_method") == "manual");
    CHECK(value(form, "confirm") == "true");
    CHECK(value(form, "metadata[payment_id]") == "p1");
    CHECK(value(form, "metadata[show_id]") == "7");
}

TEST_CASE("of an authorized payment the database hears what it compares, and no more") {
    CHECK(told(after_authorize(authorize_job(),
                               answer(200, R"({"id": "pi_1", "status": "requires_capture", "amount": 2400, "amount_capturable": 2400,
                      "amount_received": 0, "currency": "eur", "client_secret": "x", "livemode": false})"))) ==
          R"(sales.hear_intent(7, p1, {"id":"pi_1","status":"requires_capture","amount":2400,"amount_capturable":2400,)"
          R"("amount_received":0,"currency":"eur"}, answer))");
}

TEST_CASE("a declined card fails the payment with the bank's reason, or else the provider's code") {
    CHECK(told(after_authorize(authorize_job(),
                               answer(402, R"({"error": {"type": "card_error", "code": "card_declined",
                      "decline_code": "insufficient_funds", "payment_intent": {"id": "pi_1"}}})"))) ==
          "sales.fail_payment(7, p1, insufficient_funds, pi_1)");
    CHECK(told(after_authorize(authorize_job(),
                               answer(402, R"({"error": {"type": "card_error", "code": "card_declined",
                      "decline_code": "generic_decline", "payment_intent": {"id": "pi_1"}}})"))) ==
          "sales.fail_payment(7, p1, card_declined, pi_1)");
    CHECK(told(after_authorize(authorize_job(), answer(402, R"({"error": {"type": "card_error",
                      "code": "expired_card"}})"))) == "sales.fail_payment(7, p1, expired_card, null)");
}

TEST_CASE("a payment method that does not exist fails the payment") {
    CHECK(told(after_authorize(authorize_job(), answer(400, R"({"error": {"type": "invalid_request_error",
                      "code": "resource_missing"}})"))) ==
          "sales.fail_payment(7, p1, resource_missing, null)");
}

TEST_CASE("a card that asks for its owner fails the payment") {
    CHECK(told(after_authorize(authorize_job(),
                               answer(200, R"({"id": "pi_1", "status": "requires_action"})"))) ==
          "sales.fail_payment(7, p1, authentication_required, pi_1)");
}

TEST_CASE("a purchase while the buyer is away says so, and is of the buyer's own saved method") {
    const Job away =
        job("authorize", R"({"payment_id": "p1", "amount": 2400, "currency": "eur", "description": "Film",
        "payment_method": "pm_1", "booking_id": "bk_1", "off_session": true, "customer": "cus_1"})");
    const Form form = authorize_form(away, "cus_1");
    CHECK(value(form, "off_session") == "true");
    CHECK(value(form, "customer") == "cus_1");
    CHECK(value(form, "error_on_requires_action") == "(missing)");
    CHECK(value(form, "setup_future_usage") == "(missing)");
}

TEST_CASE("a method that is to be kept is saved by the purchase itself, and told with its end") {
    const Job keeping =
        job("authorize", R"({"payment_id": "p1", "amount": 2400, "currency": "eur", "description": "Film",
        "payment_method": "pm_card_visa", "booking_id": "bk_1", "save_method": true, "user_id": 5})");
    const Form form = authorize_form(keeping, "cus_1");
    CHECK(value(form, "customer") == "cus_1");
    CHECK(value(form, "setup_future_usage") == "off_session");
    CHECK(told(after_authorize(keeping, answer(200, R"({"id": "pi_1", "status": "requires_capture",
              "payment_method": {"id": "pm_1", "card": {"brand": "visa", "last4": "4242"}}})"),
                               "cus_1")) ==
          R"(sales.hear_intent(7, p1, {"id":"pi_1","status":"requires_capture"}, answer); )"
          "account.keep_payment_method(5, cus_1, pm_1, visa 4242)");
    CHECK(told(after_authorize(keeping, answer(402, R"({"error": {"code": "expired_card"}})"), "cus_1")) ==
          "sales.fail_payment(7, p1, expired_card, null)");
}

TEST_CASE("the amount is the job's, which counts as the provider does") {
    for (const std::string currency : {"eur", "isk", "kwd"}) {
        const auto form = authorize_form(
            job("authorize", R"({"payment_id": "p1", "amount": 120000, "currency": ")" + currency +
                                 R"(", "description": "Film", "payment_method": "pm_1"})"));
        CHECK(value(form, "amount") == "120000");
        CHECK(value(form, "currency") == currency);
    }
}

TEST_CASE("an answer that decides nothing is no decision") {
    CHECK_THROWS_AS(after_authorize(authorize_job(), answer(200, R"({"status": "processing"})")), JobError);
    CHECK_THROWS_AS(after_authorize(authorize_job(), answer(404, "{}")), JobError);
    CHECK_THROWS_AS(after_open_checkout(checkout_job(), answer(404, "{}")), JobError);
    CHECK_THROWS_AS(after_capture(other_job("capture"), answer(200, R"({"status": "processing"})")),
                    JobError);
}

TEST_CASE("what was authorized for a payment is looked for by its metadata") {
    CHECK(intents_path(authorize_job()) ==
          "/v1/payment_intents/search?query=metadata%5B%27payment_id%27%5D%3A%27p1%27&limit=100");
    const auto found = [](const std::string& intents) {
        return intent_in(
            authorize_job(),
            answer(200, (R"({"object": "search_result", "has_more": false, "data": [)" + intents + "]}").c_str()));
    };
    const auto made = [](const std::string& id, const std::string& status, const std::string& payment = "p1") {
        return R"({"id": ")" + id + R"(", "status": ")" + status + R"(", "amount": 2400, "currency": "eur", "metadata": {"payment_id": ")" +
               payment + R"("}})";
    };
    CHECK(found("").empty());
    CHECK(found(R"({"id": "pi_7", "status": "succeeded", "amount": 50, "currency": "eur", "metadata": {"payment_id": "p1"}})").empty());
    CHECK(found(R"({"id": "pi_7", "status": "succeeded", "amount": 2400, "currency": "usd", "metadata": {"payment_id": "p1"}})").empty());
    CHECK(found(made("pi_9", "requires_capture", "p9") + R"(, {"id": "pi_8", "metadata": {}})").empty());
    for (const char* status : {"requires_capture", "succeeded", "processing", "canceled", "requires_action"}) {
        CAPTURE(status);
        CHECK(found(made("pi_9", "succeeded", "p9") + ", " + made("pi_1", status)) == "pi_1");
    }
    CHECK(found(made("pi_3", "canceled") + ", " + made("pi_2", "processing") + ", " +
                made("pi_1", "requires_capture")) == "pi_1");
    CHECK(found(made("pi_2", "processing") + ", " + made("pi_1", "canceled")) == "pi_2");
    CHECK_THROWS_WITH_AS(
        intent_in(authorize_job(), answer(400, R"({"error": {"code": "x", "message": "No."}})")),
        "authorize: no list: 400 x: No.", JobError);
}

TEST_CASE("what was found completes the payment if it is authorized, else it has failed") {
    const auto means = [](const char* intent) { return told(after_search(authorize_job(), answer(200, intent))); };
    for (const std::string status : {"requires_capture", "succeeded"}) {
        const std::string intent = R"({"id":"pi_1","status":")" + status + R"("})";
        CHECK(means(intent.c_str()) == "sales.hear_intent(7, p1, " + intent + ", answer)");
    }
    CHECK(means(R"({"id": "pi_1", "status": "requires_payment_method", "last_payment_error":
              {"code": "card_declined", "decline_code": "insufficient_funds"}})") ==
          "sales.fail_payment(7, p1, insufficient_funds, pi_1)");
    CHECK(means(R"({"id": "pi_1", "status": "requires_payment_method", "last_payment_error":
              {"code": "card_declined", "decline_code": "generic_decline"}})") ==
          "sales.fail_payment(7, p1, card_declined, pi_1)");
    CHECK(means(R"({"id": "pi_1", "status": "requires_action", "last_payment_error": null})") ==
          "sales.fail_payment(7, p1, authentication_required, pi_1)");
    CHECK(means(R"({"id": "pi_1", "status": "canceled"})") == "sales.fail_payment(7, p1, never_authorized, pi_1)");
    CHECK_THROWS_WITH_AS(means(R"({"status": "processing"})"), "authorize: status processing", JobError);
    CHECK_THROWS_AS(after_search(authorize_job(), answer(404, "{}")), JobError);
}

TEST_CASE("a checkout session authorizes only, and each attempt asks for the same") {
    const Form form = open_checkout_form(checkout_job());
    CHECK(form == open_checkout_form(checkout_job()));
    CHECK(value(form, "payment_intent_data[capture_method]") == "manual");
    CHECK(value(form, "payment_intent_data[metadata][payment_id]") == "p1");
    CHECK(value(form, "payment_intent_data[metadata][show_id]") == "7");
    CHECK(value(form, "metadata[payment_id]") == "p1");
    CHECK(value(form, "client_reference_id") == "bk_1");
    CHECK(value(form, "expires_at") == "1700003600");
    CHECK(value(form, "line_items[0][price_data][unit_amount]") == "2400");
}

TEST_CASE("the page of a checkout session is told, or its refusal") {
    CHECK(told(after_open_checkout(
              checkout_job(), answer(200, R"({"id": "cs_1", "status": "open", "url": "http://pay"})"))) ==
          "sales.open_checkout(7, p1, cs_1, http://pay)");
    CHECK(told(after_open_checkout(checkout_job(), answer(400, R"({"error": {"code": "url_invalid"}})"))) ==
          "sales.fail_payment(7, p1, url_invalid, null)");
}

TEST_CASE("a closed checkout session fails the payment, unless it was paid before") {
    const Job expire = other_job("expire_checkout");
    const Answer intent = answer(200, R"({"id": "pi_1", "status": "requires_capture", "currency": "eur"})");
    CHECK(told(after_expire_checkout(expire, answer(200, R"({"status": "expired"})"), nullptr)) ==
          "sales.fail_payment(7, p1, checkout_expired, null)");
    CHECK(told(after_expire_checkout(expire, answer(200, R"({"status": "complete", "payment_intent": "pi_1"})"),
                                     &intent)) ==
          R"(sales.hear_intent(7, p1, {"id":"pi_1","status":"requires_capture","currency":"eur"}, answer))");
    CHECK_THROWS_AS(after_expire_checkout(expire, answer(200, R"({"status": "open"})"), nullptr), JobError);
    CHECK_THROWS_AS(after_expire_checkout(expire, answer(200, R"({"status": "complete"})"), nullptr), JobError);
}

TEST_CASE("whose an intent is its page says; without a page nobody does") {
    const Job look = job("look", R"({"charge_id": "p1", "checkout_ref": "cs_1", "intent_ref": "pi_9"})");
    const Answer open = answer(200, R"({"status": "open"})");
    const Answer own = answer(200, R"({"id": "pi_1", "status": "requires_capture"})");
    const Answer other = answer(200, R"({"id": "pi_9", "status": "succeeded"})");
    const Answer nothing = answer(404, "{}");
    const std::string own_told = R"(sales.hear_intent(7, p1, {"id":"pi_1","status":"requires_capture"}, answer))";
    const std::string other_told = R"(sales.hear_intent(7, p1, {"id":"pi_9","status":"succeeded"}, )";
    CHECK(told(after_look(look, &open, &own, nullptr)) == own_told);
    CHECK(told(after_look(look, &open, &own, &other)) == own_told + "; " + other_told + "stranger)");
    CHECK(told(after_look(look, &open, nullptr, &other)) == other_told + "stranger)");
    CHECK(told(after_look(look, nullptr, nullptr, &other)) == other_told + "event)");
    CHECK(told(after_look(look, &open, nullptr, &nothing)).empty());
    CHECK(told(after_look(look, &open, nullptr, nullptr)).empty());
    const Answer expired = answer(200, R"({"status": "expired"})");
    CHECK(told(after_look(look, &expired, nullptr, nullptr)) == "sales.fail_payment(7, p1, checkout_expired, null)");
}

TEST_CASE("how an intent ended is told, whether it was captured or released now or before") {
    for (const std::string kind : {"capture", "void"}) {
        const auto ends = [&kind](int status, const std::string& body) {
            const auto after = kind == "capture" ? after_capture : after_void;
            return told(after(other_job(kind), answer(status, body.c_str())));
        };
        for (const std::string status : {"succeeded", "canceled"}) {
            const std::string intent = R"({"id":"pi_1","status":")" + status + R"("})";
            const std::string heard = "sales.hear_intent(7, p1, " + intent + ", answer)";
            CHECK(ends(200, intent) == heard);
            CHECK(ends(400, R"({"error": {"code": "payment_intent_unexpected_state", "payment_intent": )" + intent + "}}") == heard);
        }
        CHECK_THROWS_AS(ends(400, R"({"error": {"message": "No.", "payment_intent": {"status": "requires_action"}}})"), JobError);
        CHECK_THROWS_AS(ends(404, R"({"error": {"message": "No."}})"), JobError);
    }
}

TEST_CASE("money that buys nothing is returned when the provider says so, or refuses to") {
    const Job back = job("return_money", R"({"charge_id": "p1", "provider_ref": "pi_9"})");
    CHECK(return_form(back) == Form{{"payment_intent", "pi_9"}, {"metadata[returned]", "true"}});
    const auto means = [&back](int status, const char* body) { return told(after_return(back, answer(status, body))); };
    const std::string returned = "sales.note_returned(7, pi_9, null)";
    CHECK(means(200, R"({"object": "payment_intent", "status": "canceled"})") == returned);
    CHECK(means(200, R"({"object": "refund", "status": "succeeded"})") == returned);
    CHECK(means(200, R"({"object": "refund", "status": "pending"})") == returned);
    CHECK(means(400, R"({"error": {"code": "charge_already_refunded"}})") == returned);
    CHECK(means(200, R"({"object": "refund", "status": "failed"})") == "sales.note_returned(7, pi_9, failed)");
    CHECK(means(400, R"({"error": {"code": "charge_disputed"}})") == "sales.note_returned(7, pi_9, charge_disputed)");
    CHECK(means(404, R"({"error": {"code": "resource_missing"}})") == "sales.note_returned(7, pi_9, resource_missing)");
    // It was captured at this very moment: the next attempt sees that.
    CHECK_THROWS_AS(means(400, R"({"error": {"payment_intent": {"status": "succeeded"}}})"), JobError);
    CHECK_THROWS_AS(means(200, R"({"object": "payment_intent", "status": "processing"})"), JobError);
}

TEST_CASE("a refund names its charge and its own payment, and is settled when the provider has made it") {
    const Job refund =
        job("refund", R"({"payment_id": "r1", "charge_ref": "pi_1", "amount": 1200, "currency": "eur"})");
    const Form form = refund_form(refund);
    CHECK(value(form, "payment_intent") == "pi_1");
    CHECK(value(form, "amount") == "1200");
    CHECK(value(form, "metadata[payment_id]") == "r1");
    CHECK(value(form, "metadata[show_id]") == "7");
    CHECK(value(form, "metadata[refund]") == "true");
    const std::string made = R"({"id":"re_1","status":"succeeded","amount":1200,"currency":"eur","payment_intent":"pi_1","metadata":{}})";
    CHECK(told(after_refund(refund, answer(200, made.c_str()))) == "sales.hear_refund(" + made + ")");
}

TEST_CASE("a refund is looked for among those of its charge, page by page") {
    const Job refund =
        job("refund", R"({"payment_id": "r1", "charge_ref": "pi_1", "amount": 1200, "currency": "eur"})");
    CHECK(refunds_path(refund) == "/v1/refunds?payment_intent=pi_1&limit=100");
    CHECK(refunds_path(refund, "re_&") == "/v1/refunds?payment_intent=pi_1&limit=100&starting_after=re_%26");
    const auto page = [](const std::string& data, bool has_more) {
        const std::string body = R"({"object": "list", "has_more": )" +
                                 std::string(has_more ? "true" : "false") + R"(, "data": [)" + data + "]}";
        return answer(200, body.c_str());
    };
    const auto made = [](const std::string& id, const std::string& payment, const std::string& status) {
        return R"({"id": ")" + id + R"(", "status": ")" + status + R"(", "amount": 1200, "currency": "eur", "metadata": {"payment_id": ")" +
               payment + R"("}})";
    };
    CHECK(refund_in(refund, page(R"({"id": "re_7", "amount": 1, "currency": "eur", "metadata": {"payment_id": "r1"}})", false)).empty());
    const std::string others = made("re_9", "r9", "succeeded") + R"(, {"id": "re_8", "metadata": {}})";
    CHECK(refund_in(refund, page("", false)).empty());
    CHECK(refund_in(refund, page(others, false)).empty());
    for (const char* status : {"pending", "requires_action", "succeeded", "failed", "canceled"}) {
        CAPTURE(status);
        CHECK(refund_in(refund, page(others + ", " + made("re_1", "r1", status), false)) == "re_1");
    }
    CHECK(refund_in(refund, page(made("re_3", "r1", "failed") + ", " + made("re_2", "r1", "pending") + ", " +
                                     made("re_1", "r1", "failed"),
                                 false)) == "re_2");
    CHECK(refund_in(refund, page(made("re_2", "r1", "canceled") + ", " + made("re_1", "r1", "failed"),
                                 false)) == "re_2");

    CHECK(next_page_after(refund, page(others, true)) == "re_8");
    CHECK(next_page_after(refund, page(others, false)).empty());
    CHECK_THROWS_AS(next_page_after(refund, page("", true)), JobError);
}

TEST_CASE("without a list of the refunds nothing is known of them") {
    const Job refund =
        job("refund", R"({"payment_id": "r1", "charge_ref": "pi_1", "amount": 1200, "currency": "eur"})");
    CHECK_THROWS_WITH_AS(
        refund_in(refund, answer(400, R"({"error": {"code": "resource_missing", "message": "No."}})")),
        "refund: no list: 400 resource_missing: No.", JobError);
    CHECK_THROWS_AS(refund_in(refund, answer(200, "{}")), JobError);
    CHECK_THROWS_AS(refund_in(refund, answer(200, R"({"data": {}})")), JobError);
}

TEST_CASE("a refund that failed at the provider is told with the reason") {
    const Job refund =
        job("refund", R"({"payment_id": "r1", "charge_ref": "pi_1", "amount": 1200, "currency": "eur"})");
    for (const std::string made : {R"({"id":"re_1","status":"failed","failure_reason":"lost_or_stolen_card"})",
                                   R"({"id":"re_1","status":"canceled"})"}) {
        CHECK(told(after_refund(refund, answer(200, made.c_str()))) == "sales.hear_refund(" + made + ")");
    }
}

TEST_CASE("a refund that the provider refuses has failed; one that it has not made yet is asked for again") {
    const Job refund =
        job("refund", R"({"payment_id": "r1", "charge_ref": "pi_1", "amount": 1200, "currency": "eur"})");
    for (const std::string code : {"charge_already_refunded", "charge_disputed", "resource_missing"}) {
        CHECK(told(after_refund(refund, answer(code == "resource_missing" ? 404 : 400,
                                               (R"({"error": {"message": "No.", "code": ")" + code + R"("}})").c_str()))) ==
              "sales.fail_refund(7, r1, null, " + code + ")");
    }
    CHECK(told(after_refund(refund, answer(400, R"({"error": {"type": "invalid_request_error"}})"))) ==
          "sales.fail_refund(7, r1, null, invalid_request_error)");
    CHECK_THROWS_WITH_AS(
        after_refund(refund, answer(400, R"({"error": {"code": "balance_insufficient", "message": "No."}})")),
        "refund: 400 balance_insufficient: No.", JobError);
    for (const char* status : {"pending", "requires_action"}) {
        const std::string body = std::string(R"({"id": "re_1", "status": ")") + status + R"("})";
        CHECK_THROWS_AS(after_refund(refund, answer(200, body.c_str())), JobError);
    }
}

TEST_CASE(
    "a method saved for the waitlist is told with what the buyer knows it by, a refused one with the "
    "reason") {
    const Job save =
        job("save_method", R"({"entry_id": "e1", "user_id": 5, "payment_method": "pm_card_visa"})");
    const Form form = save_method_form(save, "cus_1");
    CHECK(value(form, "customer") == "cus_1");
    CHECK(value(form, "usage") == "off_session");
    CHECK(value(form, "confirm") == "true");
    CHECK(told(after_save_method(save, answer(200, R"({"status": "succeeded",
              "payment_method": {"id": "pm_1", "card": {"brand": "visa", "last4": "4242"}}})"),
                                 "cus_1")) == "waitlist.method_saved(7, e1, 5, cus_1, pm_1, visa 4242)");
    CHECK(told(after_save_method(save, answer(402, R"({"error": {"code": "card_declined"}})"), "cus_1")) ==
          "waitlist.method_refused(7, e1, card_declined)");
    CHECK(told(after_save_method(save, answer(200, R"({"status": "requires_action"})"), "cus_1")) ==
          "waitlist.method_refused(7, e1, authentication_required)");
    CHECK_THROWS_AS(after_save_method(save, answer(200, R"({"status": "processing"})"), "cus_1"), JobError);
}

TEST_CASE("a cancelled show is settled in the database alone") {
    Handlers handlers;
    add_payment_handlers(handlers, boxoffice::Settings());
    CHECK(told(handlers.at("cancel_show")(job("cancel_show", "{}"))) == "sales.settle_cancelled_show(7)");
}

TEST_CASE("the provider's list of events is read from a time on, page by page, and its newest event says how far") {
    const Job reading = job("read_events", R"({"since": 1800000000, "types": ["refund.failed", "charge.dispute.closed"]})");
    CHECK(events_path(reading) ==
          "/v1/events?limit=100&created[gte]=1800000000&types[0]=refund.failed&types[1]=charge.dispute.closed");
    CHECK(events_path(reading, "evt_1").ends_with("&starting_after=evt_1"));
    std::int64_t newest = 0;
    const std::string data = R"([{"id":"evt_2","created":1800000009},{"id":"evt_1","created":1800000003}])";
    CHECK(told(after_events(reading, answer(200, (R"({"object": "list", "has_more": false, "data": )" + data + "}").c_str()), newest)) ==
          "ops.promise_events(" + data + ")");
    CHECK(newest == 1800000009);
    CHECK_THROWS_AS(after_events(reading, answer(200, R"({"object": "list"})"), newest), JobError);
}

TEST_CASE("a dispute that is asked for is told whole, and one that is not there is no dispute") {
    const Job asking = job("ask_dispute", R"({"dispute_ref": "du_1", "asked_count": 2})");
    CHECK(told(after_dispute(asking, answer(200, R"({"id": "du_1", "amount": 2400, "currency": "eur", "reason": "fraudulent", "status": "lost",
                                                     "created": 1800000000, "payment_intent": "pi_1", "evidence": {}})"))) ==
          R"(sales.hear_dispute({"id":"du_1","amount":2400,"currency":"eur","reason":"fraudulent","status":"lost","created":1800000000,)"
          R"("payment_intent":"pi_1"}, null, 2))");
    CHECK(after_dispute(asking, answer(404, R"({"error": {"code": "resource_missing"}})")).empty());
    CHECK_THROWS_AS(after_dispute(asking, answer(403, "{}")), JobError);
}

TEST_CASE("an event of the list is heard as the worker's") {
    Handlers handlers;
    add_payment_handlers(handlers, boxoffice::Settings());
    CHECK(told(handlers.at("hear_event")(job("hear_event", R"({"event": {"id": "evt_1"}})"))) ==
          R"(sales.receive_provider_event({"id":"evt_1"}, true))");
}

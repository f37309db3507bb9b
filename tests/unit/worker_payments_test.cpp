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

// "sales.f(7, p1, …)", null for NULL.
std::string told(const Effects& effects) {
    REQUIRE(effects.size() == 1);
    std::string text = effects.front().function + "(";
    for (const auto& argument : effects.front().arguments) {
        text += (text.back() == '(' ? "" : ", ") + argument.value_or("null");
    }
    return text + ")";
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

TEST_CASE("an authorized payment is completed") {
    CHECK(told(after_authorize(authorize_job(),
                               answer(200, R"({"id": "pi_1", "status": "requires_capture"})"))) ==
          "sales.complete_payment(7, p1, pi_1)");
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

TEST_CASE("an answer that decides nothing is no decision") {
    CHECK_THROWS_AS(after_authorize(authorize_job(), answer(200, R"({"status": "processing"})")), JobError);
    CHECK_THROWS_AS(after_authorize(authorize_job(), answer(404, "{}")), JobError);
    CHECK_THROWS_AS(after_open_checkout(checkout_job(), answer(404, "{}")), JobError);
    CHECK_THROWS_AS(after_capture(other_job("capture"), answer(200, R"({"status": "processing"})")),
                    JobError);
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
    CHECK(told(after_expire_checkout(expire, answer(200, R"({"status": "expired"})"))) ==
          "sales.fail_payment(7, p1, checkout_expired, null)");
    CHECK(told(after_expire_checkout(expire,
                                     answer(200, R"({"status": "complete", "payment_intent": "pi_1"})"))) ==
          "sales.complete_payment(7, p1, pi_1)");
    CHECK_THROWS_AS(after_expire_checkout(expire, answer(200, R"({"status": "open"})")), JobError);
}

TEST_CASE("a capture is settled when it is done, also if it was done before") {
    const Job capture = other_job("capture");
    CHECK(told(after_capture(capture, answer(200, R"({"status": "succeeded"})"))) ==
          "sales.settle_capture(7, p1)");
    CHECK(told(after_capture(capture, answer(400, R"({"error": {"code": "payment_intent_unexpected_state",
              "payment_intent": {"status": "succeeded"}}})"))) == "sales.settle_capture(7, p1)");
    CHECK_THROWS_WITH_AS(after_capture(capture, answer(400, R"({"error": {"message": "No.",
              "code": "payment_intent_unexpected_state", "payment_intent": {"status": "canceled"}}})")),
                         "capture: 400 payment_intent_unexpected_state: No.", JobError);
}

TEST_CASE("a void is settled when it is done, and never when the money was taken") {
    const Job voiding = other_job("void");
    CHECK(told(after_void(voiding, answer(200, R"({"status": "canceled"})"))) == "sales.settle_void(7, p1)");
    CHECK(
        told(after_void(voiding, answer(400, R"({"error": {"payment_intent": {"status": "canceled"}}})"))) ==
        "sales.settle_void(7, p1)");
    CHECK_THROWS_AS(
        after_void(voiding, answer(400, R"({"error": {"payment_intent": {"status": "succeeded"}}})")),
        JobError);
}

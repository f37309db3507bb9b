// The client of the payment provider: Stripe's HTTP API (https://docs.stripe.com/api) over libcurl.
// What an answer means for a booking is not decided here: see payments.hpp.
#pragma once

#include <rapidjson/document.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/settings.hpp"
#include "worker/form.hpp"
#include "worker/job.hpp"
#include "worker/json.hpp"

namespace boxoffice::worker {

// What the provider decided: 200; 402, the card was declined; 400 or 404, it will not do that.
struct Answer {
    int status = 0;
    bool is_replay =
        false;  // what was answered under this idempotency key before; it may be otherwise by now
    rapidjson::Document body;

    // A text somewhere in the body, as text_in.
    std::string text(std::initializer_list<const char*> path) const { return text_in(body, path); }

    // "400 payment_intent_unexpected_state: You cannot …", for logs.
    std::string summary() const;
};

// For one thread; keeps its connection. Throws JobError when there is no decision: no answer, or one that
// says "later" (409, 429, 5xx) or "not you" (401, 403). What was asked may have been done all the same, so
// the same must be asked again.
class Stripe {
public:
    explicit Stripe(const Settings& settings);
    ~Stripe();

    // `path` below the API's base: "/v1/payment_intents". An empty idempotency key sends none.
    Answer post(const std::string& path, const Form& form, const std::string& idempotency_key);
    Answer get(const std::string& path);

private:
    class Connection;
    std::unique_ptr<Connection> connection_;
};

}  // namespace boxoffice::worker

// Sends the sandbox's events to the shop's webhook, signed, again and again until it answers 2xx
// (https://docs.stripe.com/webhooks). When to try again is SQL's to know.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace boxoffice::sandbox {

// The value of Stripe-Signature: "t=…,v1=HMAC-SHA256 of `t.payload` in hexadecimal".
std::string signature(std::string_view secret, std::int64_t unix_time, std::string_view payload);

class Webhooks {
public:
    // Starts its thread. `url` is the webhook, `secret` signs, `conninfo` is of the sandbox's role.
    Webhooks(std::string url, std::string secret, std::string conninfo);
    // Gives up the deliveries under way: they are due again when their lease ends.
    ~Webhooks();

    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

private:
    void run();

    const std::string url_;
    const std::string secret_;
    const std::string conninfo_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace boxoffice::sandbox

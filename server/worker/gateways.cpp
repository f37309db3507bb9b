#include "worker/gateways.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <new>

#include "base/log.hpp"

namespace boxoffice::worker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long connect_timeout_ms = 500;
constexpr int longest_pause = 8;  // in times of the patience
constexpr std::size_t max_answer_bytes = 1 << 16;

std::size_t collect(char* data, std::size_t, std::size_t size, void* into) {
    auto& answer = *static_cast<std::string*>(into);
    if (answer.size() + size > max_answer_bytes) {
        return 0;  // ends the transfer with CURLE_WRITE_ERROR
    }
    answer.append(data, size);
    return size;
}

// Where something that listens on this address is reached.
std::string url_of(Endpoint address) {
    if (address.host == "*" || address.host == "0.0.0.0") {
        address.host = "127.0.0.1";
    } else if (address.host == "::") {
        address.host = "::1";
    }
    return "http://" + address.text();
}

// The number in the line "name: number".
std::int64_t number_of(const std::string& text, const std::string& name) {
    const auto found = text.find("\n" + name + ": ");
    std::int64_t number = 0;
    if (found != std::string::npos) {
        std::from_chars(text.data() + found + name.size() + 3, text.data() + text.size(), number);
    }
    return number;
}

}  // namespace

bool is_channel(std::string_view channel) {
    if (!channel.starts_with("show:") && !channel.starts_with("user:")) {
        return false;
    }
    const bool is_user = channel.starts_with("user:");
    std::string_view id = channel.substr(5);
    const auto is_number = [](std::string_view text, std::size_t most) {
        return !text.empty() && text.size() <= most && (text == "0" || text.front() != '0') &&
               std::all_of(text.begin(), text.end(), [](char digit) { return digit >= '0' && digit <= '9'; });
    };
    if (is_user) {
        const auto dot = id.find('.');
        if (dot == std::string_view::npos || !is_number(id.substr(dot + 1), 9)) {
            return false;
        }
        id = id.substr(0, dot);
    }
    return is_number(id, 18) && id != "0";
}

class Gateways::Gateway {
public:
    Gateway(const Endpoint& address, const std::string& secret, std::chrono::milliseconds patience)
        : base_(url_of(address)),
          patience_(patience),
          pause_(patience),
          curl_(curl_easy_init()),
          headers_(curl_slist_append(nullptr, ("X-Live-Secret: " + secret).c_str())) {
        if (!curl_ || !headers_) {
            throw std::bad_alloc();
        }
        set(CURLOPT_HTTPHEADER, headers_.get());
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
        set(CURLOPT_WRITEFUNCTION, collect);
        set(CURLOPT_NOPROXY, "*");
    }

    enum class Method { get, post, erase };

    // The body of an answer of 200 to 202, and for `erase` of 404 too, else nothing.
    std::optional<std::string> ask(Method method, const std::string& path, const std::string& message = {}) {
        if (Clock::now() < ask_again_at_) {
            return std::nullopt;
        }
        std::string received;
        const std::string url = base_ + path;
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_WRITEDATA, &received);
        set(CURLOPT_HTTPGET, 1L);
        set(CURLOPT_CUSTOMREQUEST, method == Method::erase ? "DELETE" : nullptr);
        if (method == Method::post) {
            set(CURLOPT_POSTFIELDSIZE, static_cast<long>(message.size()));
            set(CURLOPT_POSTFIELDS, message.c_str());
        }
        const CURLcode code = curl_easy_perform(curl_.get());
        long status = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
        const bool is_done = (status >= 200 && status <= 202) || (method == Method::erase && status == 404);
        if (code != CURLE_OK || !is_done) {
            log::warning("gateway_unreachable",
                         {{"address", base_}, {"status", status}, {"why", curl_easy_strerror(code)}});
            ask_again_at_ = Clock::now() + pause_;
            // To refuse costs the others nothing, to hang all the patience: so that is to happen ever less
            // often.
            pause_ = code == CURLE_OPERATION_TIMEDOUT ? std::min(pause_ * 2, patience_ * longest_pause)
                                                      : patience_;
            return std::nullopt;
        }
        pause_ = patience_;
        return received;
    }

private:
    template <typename Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(curl_.get(), option, value) != CURLE_OK) {
            throw std::bad_alloc();
        }
    }

    struct Free {
        void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };

    const std::string base_;
    const std::chrono::milliseconds patience_;
    std::chrono::milliseconds pause_;  // after the next failure
    std::unique_ptr<CURL, Free> curl_;
    std::unique_ptr<curl_slist, Free> headers_;
    Clock::time_point ask_again_at_{};
};

Gateways::Gateways(const std::vector<Endpoint>& addresses, const std::string& secret,
                   std::chrono::milliseconds patience) {
    for (const Endpoint& address : addresses) {
        gateways_.push_back(std::make_unique<Gateway>(address, secret, patience));
    }
}

Gateways::~Gateways() = default;

bool Gateways::publish(const std::string& channel, const std::string& message) {
    bool is_out = false;
    for (const auto& gateway : gateways_) {
        is_out = gateway->ask(Gateway::Method::post, "/publish/" + channel, message) || is_out;
    }
    return is_out;
}

bool Gateways::hang_up(const std::string& channel) {
    bool is_done = false;
    for (const auto& gateway : gateways_) {
        is_done = gateway->ask(Gateway::Method::erase, "/publish/" + channel) || is_done;
    }
    return is_done;
}

std::optional<Gateways::Totals> Gateways::totals() {
    Totals totals;
    for (const auto& gateway : gateways_) {
        const auto answer = gateway->ask(Gateway::Method::get, "/status");
        if (!answer) {
            return std::nullopt;
        }
        totals.listeners += number_of(*answer, "subscribers");
        totals.channels += number_of(*answer, "channels");
    }
    return totals;
}

}  // namespace boxoffice::worker

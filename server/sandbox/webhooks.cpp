#include "sandbox/webhooks.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <new>
#include <pqxx/pqxx>
#include <vector>

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "db/session.hpp"

namespace boxoffice::sandbox {
namespace {

constexpr std::size_t max_deliveries = 64;  // under way at once
constexpr long delivery_timeout_ms = 10'000;
constexpr int lease_seconds = 15;

// How long to wait before asking for events again: after some were found, and at most when there are none.
constexpr int busy_pause_ms = 10;
constexpr int idle_pause_ms = 100;
constexpr int broken_pause_ms = 1000;

struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t ignore(char*, std::size_t, std::size_t size, void*) {
    return size;
}

// One event on its way.
class Delivery {
public:
    Delivery(std::string event_id, std::string payload, const std::string& url, const std::string& secret)
        : event_id_(std::move(event_id)), payload_(std::move(payload)), handle_(curl_easy_init()) {
        const std::string signed_by = "Stripe-Signature: " + signature(secret, std::time(nullptr), payload_);
        for (const char* line :
             {signed_by.c_str(), "Content-Type: application/json; charset=utf-8", "Expect:"}) {
            curl_slist* longer = curl_slist_append(headers_.get(), line);
            if (longer == nullptr || !handle_) {
                throw std::bad_alloc();
            }
            static_cast<void>(headers_.release());
            headers_.reset(longer);
        }
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_TIMEOUT_MS, delivery_timeout_ms);
        set(CURLOPT_USERAGENT, "boxoffice-sandbox");
        set(CURLOPT_HTTPHEADER, headers_.get());
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(payload_.size()));
        set(CURLOPT_POSTFIELDS, payload_.c_str());
        set(CURLOPT_WRITEFUNCTION, ignore);
    }

    CURL* handle() const { return handle_.get(); }
    const std::string& event_id() const { return event_id_; }

    bool is_accepted() const {
        long status = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        return status >= 200 && status < 300;
    }

private:
    template <typename Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(handle_.get(), option, value) != CURLE_OK) {
            throw std::bad_alloc();
        }
    }

    std::string event_id_;
    std::string payload_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::unique_ptr<CURL, FreeHandle> handle_;
};

// The deliveries under way, driven by whoever calls turn().
class Deliveries {
public:
    Deliveries() : multi_(curl_multi_init()) {
        if (!multi_) {
            throw std::bad_alloc();
        }
    }
    ~Deliveries() {
        for (const auto& [handle, delivery] : under_way_) {
            curl_multi_remove_handle(multi_.get(), handle);
        }
    }

    std::size_t count() const { return under_way_.size(); }

    void start(std::unique_ptr<Delivery> delivery) {
        CURL* handle = delivery->handle();
        under_way_.emplace(handle, std::move(delivery));
        curl_multi_add_handle(multi_.get(), handle);
    }

    // Waits for at most `pause_ms`, then sorts the ids of what has ended into the two lists.
    void turn(int pause_ms, std::vector<std::string>& delivered, std::vector<std::string>& failed) {
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
        curl_multi_poll(multi_.get(), nullptr, 0, pause_ms, nullptr);
        curl_multi_perform(multi_.get(), &running);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            const auto found = under_way_.find(message->easy_handle);
            const bool is_done = message->data.result == CURLE_OK && found->second->is_accepted();
            (is_done ? delivered : failed).push_back(found->second->event_id());
            curl_multi_remove_handle(multi_.get(), found->first);
            under_way_.erase(found);
        }
    }

private:
    struct Free {
        void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };
    std::unique_ptr<CURLM, Free> multi_;
    std::map<CURL*, std::unique_ptr<Delivery>> under_way_;
};

// Ids need no quoting.
std::string array_literal(const std::vector<std::string>& ids) {
    std::string literal;
    for (const std::string& id : ids) {
        literal += (literal.empty() ? "" : ",") + id;
    }
    return "{" + literal + "}";
}

}  // namespace

std::string signature(std::string_view secret, std::int64_t unix_time, std::string_view payload) {
    const std::string time = std::to_string(unix_time);
    const Digest digest = hmac_sha256(secret, time + "." + std::string(payload));
    return "t=" + time + ",v1=" + hex_encode(bytes_of(digest));
}

Webhooks::Webhooks(std::string url, std::string secret, std::string conninfo)
    : url_(std::move(url)),
      secret_(std::move(secret)),
      conninfo_(std::move(conninfo)),
      thread_([this] { run(); }) {}

Webhooks::~Webhooks() {
    stopping_ = true;
    thread_.join();
}

void Webhooks::run() {
    db::Session session(conninfo_);
    Deliveries deliveries;
    int pause_ms = busy_pause_ms;
    while (!stopping_) {
        std::vector<std::string> delivered;
        std::vector<std::string> failed;
        deliveries.turn(pause_ms, delivered, failed);
        try {
            if (!delivered.empty() || !failed.empty()) {
                session.value("sandbox.finish_deliveries", {array_literal(delivered), array_literal(failed)});
            }
            const auto rows = session.rows(
                "sandbox.claim_deliveries",
                {std::to_string(max_deliveries - deliveries.count()), std::to_string(lease_seconds)});
            for (const auto& row : rows) {
                deliveries.start(std::make_unique<Delivery>(row[0].as<std::string>(),
                                                            row[1].as<std::string>(), url_, secret_));
            }
            pause_ms = deliveries.count() > 0 ? busy_pause_ms : std::min(pause_ms * 2, idle_pause_ms);
        } catch (const pqxx::failure& error) {
            log::warning("sandbox_events_unreachable", {{"why", error.what()}});
            pause_ms = broken_pause_ms;
        }
    }
}

}  // namespace boxoffice::sandbox

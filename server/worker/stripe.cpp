#include "worker/stripe.hpp"

#include <curl/curl.h>

#include <memory>
#include <new>

namespace boxoffice::worker {
namespace {

// Of the API as it is used here; the account's default version does not matter then.
constexpr const char* version_header = "Stripe-Version: 2024-06-20";

constexpr long connect_timeout_ms = 5'000;
constexpr long answer_timeout_ms = 15'000;
constexpr std::size_t max_answer_bytes = 1 << 20;

std::size_t collect(char* data, std::size_t, std::size_t size, void* into) {
    auto& answer = *static_cast<std::string*>(into);
    if (answer.size() + size > max_answer_bytes) {
        return 0;  // ends the transfer with CURLE_WRITE_ERROR
    }
    answer.append(data, size);
    return size;
}

class HeaderList {
public:
    void add(const std::string& line) {
        curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
        if (longer == nullptr) {
            throw std::bad_alloc();
        }
        static_cast<void>(list_.release());
        list_.reset(longer);
    }
    const curl_slist* get() const { return list_.get(); }

private:
    struct Free {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    std::unique_ptr<curl_slist, Free> list_;
};

bool is_decision(int status) {
    return status == 200 || status == 400 || status == 402 || status == 404;
}

}  // namespace

std::string Answer::summary() const {
    const std::string code = text({"error", "code"});
    return std::to_string(status) + (code.empty() ? "" : " " + code) + ": " + text({"error", "message"});
}

class Stripe::Connection {
public:
    explicit Connection(const Settings& settings)
        : base_(settings.stripe_api_base),
          authorization_("Authorization: Bearer " + settings.stripe_secret_key),
          curl_(curl_easy_init()) {
        if (!curl_) {
            throw std::bad_alloc();
        }
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_TCP_KEEPALIVE, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
        set(CURLOPT_TIMEOUT_MS, answer_timeout_ms);
        set(CURLOPT_USERAGENT, "boxoffice");
        set(CURLOPT_ERRORBUFFER, error_);
        set(CURLOPT_WRITEFUNCTION, collect);
    }

    Answer ask(const std::string& path, const std::string* body, const std::string& idempotency_key) {
        HeaderList headers;
        headers.add(authorization_);
        headers.add(version_header);
        if (!idempotency_key.empty()) {
            headers.add("Idempotency-Key: " + idempotency_key);
        }
        const std::string url = base_ + path;
        std::string received;
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_HTTPHEADER, headers.get());
        set(CURLOPT_WRITEDATA, &received);
        if (body != nullptr) {
            set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
            set(CURLOPT_POSTFIELDS, body->c_str());
        } else {
            set(CURLOPT_HTTPGET, 1L);
        }

        error_[0] = '\0';
        const CURLcode code = curl_easy_perform(curl_.get());
        if (code != CURLE_OK) {
            throw JobError("provider: " + std::string(error_[0] != '\0' ? error_ : curl_easy_strerror(code)));
        }
        long status = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);

        Answer answer;
        answer.status = static_cast<int>(status);
        curl_header* replayed = nullptr;
        answer.is_replay =
            curl_easy_header(curl_.get(), "Idempotent-Replayed", 0, CURLH_HEADER, -1, &replayed) == CURLHE_OK;
        answer.body.Parse(received.c_str(), received.size());
        if (!is_decision(answer.status) || !answer.body.IsObject() ||
            answer.text({"error", "type"}) == "idempotency_error") {
            throw JobError("provider: " + answer.summary());
        }
        return answer;
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
    };

    const std::string base_;
    const std::string authorization_;
    char error_[CURL_ERROR_SIZE] = "";
    std::unique_ptr<CURL, Free> curl_;
};

Stripe::Stripe(const Settings& settings) : connection_(std::make_unique<Connection>(settings)) {}

Stripe::~Stripe() = default;

Answer Stripe::post(const std::string& path, const Form& form, const std::string& idempotency_key) {
    const std::string body = encode(form);
    return connection_->ask(path, &body, idempotency_key);
}

Answer Stripe::get(const std::string& path) {
    return connection_->ask(path, nullptr, "");
}

}  // namespace boxoffice::worker

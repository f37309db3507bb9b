#include "api/passwords.hpp"

#include <zxcvbn.h>

#include <algorithm>
#include <array>
#include <new>

#include "api/problem.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/unicode.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_waiting = 64;
// Of one address, so that who floods fills a part of the queue only.
constexpr size_t max_waiting_each = 8;

// In characters. The upper bound keeps hashing cheap; the lower one is NIST SP 800-63B's.
constexpr std::ptrdiff_t min_length = 8;
constexpr std::ptrdiff_t max_length = 1000;

// A password that is among the first 2^11 guesses is as good as none. zxcvbn knows the common ones, and how they are varied.
constexpr double least_entropy = 11;
// It looks at so many bytes: what is longer is not guessed so.
constexpr size_t guessed_bytes = 100;

std::ptrdiff_t length_of(std::string_view utf8) {
    return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Value& value_of(Exchange& exchange, Source source) {
    return *exchange.binding.values[*exchange.route->find(source)];
}

bool is_given(const Exchange& exchange, Source source) {
    const auto index = exchange.route->find(source);
    return index && exchange.binding.values[*index];
}

std::string field_of(const Exchange& exchange, std::string_view field) {
    const auto index = exchange.route->find_field(field);
    return index && exchange.binding.values[*index] ? exchange.binding.values[*index]->text : std::string();
}

// Takes the text to form KC. Throws Refusal for a length that no password has.
void take(Value& password, std::string_view field, std::ptrdiff_t least) {
    // NIST SP 800-63B: the same password, whatever keyboard wrote it.
    password.text = nfkc(password.text);
    const std::ptrdiff_t length = length_of(password.text);
    if (length > max_length || length < least)
        throw Refusal(invalid_request(field, "A password has " + std::to_string(min_length) + " to " +
                                                 std::to_string(max_length) + " characters."));
}

// Throws Refusal for what anybody guesses, the address and the name of the account included.
void refuse_common(const Exchange& exchange, const Value& password, std::string_view field) {
    const std::string email = field_of(exchange, "email");
    const std::string account = email.substr(0, email.find('@'));
    const std::string name = field_of(exchange, "name");
    std::array<const char*, 4> own{};
    size_t count = 0;
    for (const std::string* word : {&email, &account, &name})
        if (!word->empty())
            own[count++] = word->c_str();
    if (ZxcvbnMatch(password.text.substr(0, guessed_bytes).c_str(), own.data(), nullptr) < least_entropy)
        throw Refusal(invalid_request(field, "This password is among the first that are guessed. Choose another one."));
}

}  // namespace

Passwords::Passwords(size_t threads, Database& database)
    : database_(database),
      salt_(std::make_shared<const std::string>("select account.password_salt($1::text, $2::inet)")),
      own_salt_(std::make_shared<const std::string>("select account.own_password_salt($1::bytea)")),
      pool_(threads, max_waiting, max_waiting_each) {}

void Passwords::replace(const ExchangePtr& exchange, std::function<void()> next,
                        std::function<void(const Problem&)> failed) {
    const Guard guard = exchange->route->guard;
    if (is_given(*exchange, Source::new_password)) {
        Value& password = value_of(*exchange, Source::new_password);
        take(password, "new_password", min_length);
        refuse_common(*exchange, password, "new_password");
        next = [this, exchange, next = std::move(next), failed] {
            hash(exchange, Source::new_password, [](const std::string& text) { return hash_password(text); }, next, failed);
        };
    }
    if (!is_given(*exchange, Source::password))
        return next();
    Value& password = value_of(*exchange, Source::password);
    if (guard == Guard::password_new) {
        take(password, "password", min_length);
        refuse_common(*exchange, password, "password");
        return hash(exchange, Source::password, [](const std::string& text) { return hash_password(text); }, next, failed);
    }
    take(password, "password", 0);
    check(exchange, std::move(next), std::move(failed));
}

void Passwords::check(const ExchangePtr& exchange, std::function<void()> next, std::function<void(const Problem&)> failed) {
    Parameters parameters;
    const bool is_own = exchange->route->guard == Guard::password_own;
    if (is_own) {
        parameters = {exchange->credential_hash()};
        if (!parameters.front())
            throw Refusal(not_signed_in());
    } else {
        const std::string email = field_of(*exchange, "email");
        if (email.empty())
            throw Refusal(invalid_request("email", "This is missing."));
        parameters = {email, exchange->client_address()};
    }
    const bool is_accepted = database_.call(
        LaneName::read, is_own ? own_salt_ : salt_, std::move(parameters), true,
        [this, exchange, next = std::move(next), failed = std::move(failed)](db::Outcome&& outcome) {
            if (const auto* failure = std::get_if<db::Failure>(&outcome))
                return failed(exchange->registry->errors().problem_of(*failure, {"email"}, false));
            const std::string prefix(std::get<db::Rows>(outcome).get(0, 0).value_or(""));
            hash(
                exchange, Source::password,
                [prefix](const std::string& password) { return hash_password_like(prefix, password); }, next, failed);
        });
    if (!is_accepted)
        throw Refusal(busy());
}

void Passwords::hash(const ExchangePtr& exchange, Source source, const Hash& hash, const std::function<void()>& next,
                     const std::function<void(const Problem&)>& failed) {
    const bool is_accepted = pool_.submit(
        [exchange, source, hash, next, failed] {
            Value& password = value_of(*exchange, source);
            std::optional<std::string> phc;
            try {
                phc = hash(password.text);
            } catch (const std::bad_alloc&) {
                return failed(busy());
            }
            if (!phc)
                return failed(
                    internal_error("password_salt", "account.password_salt answered what is no PHC prefix"));
            password.text = *std::move(phc);
            next();
        },
        exchange->is_limited() ? exchange->client_address() : std::string());
    if (!is_accepted)
        failed(busy());
}

}  // namespace boxoffice::api

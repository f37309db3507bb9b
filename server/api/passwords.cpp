#include "api/passwords.hpp"

#include <algorithm>
#include <new>

#include "api/problem.hpp"
#include "base/crypto.hpp"
#include "base/unicode.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_waiting = 64;

// In characters. The upper bound keeps hashing cheap; the lower one is NIST SP 800-63B's.
constexpr std::ptrdiff_t min_length = 8;
constexpr std::ptrdiff_t max_length = 1000;

std::ptrdiff_t length_of(std::string_view utf8) {
    return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Value& password_in(Exchange& exchange) {
    return *exchange.binding.values[*exchange.route->find(Source::password)];
}

}  // namespace

Passwords::Passwords(size_t threads, Database& database)
    : database_(database),
      salt_(std::make_shared<const std::string>("select account.password_salt($1::text)")),
      pool_(threads, max_waiting) {}

void Passwords::replace(const ExchangePtr& exchange, std::function<void()> next,
                        std::function<void(const Problem&)> failed) {
    const Route& route = *exchange->route;
    if (!exchange->binding.values[*route.find(Source::password)])
        return next();
    // NIST SP 800-63B: the same password, whatever keyboard wrote it.
    password_in(*exchange).text = nfkc(password_in(*exchange).text);
    const std::ptrdiff_t length = length_of(password_in(*exchange).text);
    const bool is_new = route.guard == Guard::password_new;
    if (length > max_length || (is_new && length < min_length))
        throw Refusal(invalid_request("password", "A password has " + std::to_string(min_length) + " to " +
                                                      std::to_string(max_length) + " characters."));
    if (is_new)
        return hash(
            exchange, [](const std::string& password) { return hash_password(password); }, next, failed);

    const auto email = route.find_field("email");
    if (!email || !exchange->binding.values[*email])
        throw Refusal(invalid_request("email", "This is missing."));
    const bool is_accepted = database_.call(
        LaneName::read, salt_, {exchange->binding.values[*email]->text}, true,
        [this, exchange, next = std::move(next), failed](db::Outcome&& outcome) {
            if (const auto* failure = std::get_if<db::Failure>(&outcome))
                return failed(exchange->registry->errors().problem_of(*failure, {"email"}, false));
            const std::string prefix(std::get<db::Rows>(outcome).get(0, 0).value_or(""));
            hash(
                exchange,
                [prefix](const std::string& password) { return hash_password_like(prefix, password); }, next,
                failed);
        });
    if (!is_accepted)
        throw Refusal(busy());
}

void Passwords::hash(const ExchangePtr& exchange, const Hash& hash, const std::function<void()>& next,
                     const std::function<void(const Problem&)>& failed) {
    const bool is_accepted = pool_.submit([exchange, hash, next, failed] {
        Value& password = password_in(*exchange);
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
    });
    if (!is_accepted)
        failed(busy());
}

}  // namespace boxoffice::api

// Argon2id for sign-up, login and what asks for a password once more, in a pool of its own: each hash takes 15 ms of a core and
// 19 MiB. Those who wait are served in turn, by address.
#pragma once

#include <functional>

#include "api/database.hpp"
#include "api/exchange.hpp"
#include "api/pool.hpp"

namespace boxoffice::api {

class Passwords {
public:
    Passwords(size_t threads, Database& database);

    // Puts hashes in the place of `password` and `new_password` in the exchange's binding, as the route's guard asks: with a
    // fresh salt; with the one that account.password_salt knows for the e-mail; or, password_own, with that of who asks. Then
    // calls `next`, or `failed` with the reason, on another thread. Throws Refusal at once for a password that is too short, too
    // long, or, where it is a new one, as common as none.
    void replace(const ExchangePtr& exchange, std::function<void()> next,
                 std::function<void(const Problem&)> failed);

private:
    using Hash = std::function<std::optional<std::string>(const std::string& password)>;

    void check(const ExchangePtr& exchange, std::function<void()> next, std::function<void(const Problem&)> failed);
    void hash(const ExchangePtr& exchange, Source source, const Hash& hash, const std::function<void()>& next,
              const std::function<void(const Problem&)>& failed);

    Database& database_;
    const Statement salt_;
    const Statement own_salt_;
    Pool pool_;
};

}  // namespace boxoffice::api

// Argon2id for sign-up and login, in a pool of its own: each hash takes 15 ms of a core and 19 MiB.
#pragma once

#include <functional>

#include "api/database.hpp"
#include "api/exchange.hpp"
#include "api/pool.hpp"

namespace boxoffice::api {

class Passwords {
public:
    Passwords(size_t threads, Database& database);

    // Puts the hash in the place of the password in the exchange's binding, as the route's guard asks: with a
    // fresh salt, or with the one that account.password_salt knows for the e-mail. Then calls `next`, or
    // `failed` with the reason, on another thread. Throws Refusal at once for a password that is too short or
    // too long to be taken.
    void replace(const ExchangePtr& exchange, std::function<void()> next,
                 std::function<void(const Problem&)> failed);

private:
    using Hash = std::function<std::optional<std::string>(const std::string& password)>;

    void hash(const ExchangePtr& exchange, const Hash& hash, const std::function<void()>& next,
              const std::function<void(const Problem&)>& failed);

    Database& database_;
    const Statement salt_;
    Pool pool_;
};

}  // namespace boxoffice::api

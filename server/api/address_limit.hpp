// How often each address may do something: so many times a second, with a number at once on top.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace boxoffice::api {

class AddressLimit {
public:
    using Clock = std::chrono::steady_clock;

    // Both at least 1.
    AddressLimit(unsigned a_second, unsigned at_once);

    // Whether the address may now; if so it has. Any thread. Addresses that have used up nothing are forgotten; past a hundred
    // thousand that have, those share one allowance that are new: so the memory is bounded, and no flood makes it empty.
    bool take(const std::string& address, Clock::time_point now = Clock::now());

    size_t remembered() const;

private:
    void forget(Clock::time_point now);

    const Clock::duration interval_;
    const Clock::duration allowance_;

    mutable std::mutex mutex_;
    // When each would have used up nothing; all guarded by mutex_.
    std::unordered_map<std::string, Clock::time_point> free_at_;
    Clock::time_point forget_at_{};
};

}  // namespace boxoffice::api

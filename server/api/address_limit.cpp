#include "api/address_limit.hpp"

#include <algorithm>

namespace boxoffice::api {

namespace {

constexpr size_t max_remembered = 100'000;
constexpr std::chrono::seconds forget_after{10};

}  // namespace

AddressLimit::AddressLimit(unsigned a_second, unsigned at_once)
    : interval_(std::chrono::duration_cast<Clock::duration>(std::chrono::seconds(1)) / a_second),
      allowance_(interval_ * (at_once - 1)) {}

bool AddressLimit::take(const std::string& address, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (now >= forget_at_)
        forget(now);
    auto found = free_at_.find(address);
    if (found == free_at_.end())
        found = free_at_.try_emplace(free_at_.size() < max_remembered ? address : std::string(), now).first;
    const Clock::time_point free_at = std::max(found->second, now);
    if (free_at - now > allowance_)
        return false;
    found->second = free_at + interval_;
    return true;
}

size_t AddressLimit::remembered() const {
    const std::lock_guard lock(mutex_);
    return free_at_.size();
}

void AddressLimit::forget(Clock::time_point now) {
    std::erase_if(free_at_, [now](const auto& entry) { return entry.second <= now; });
    forget_at_ = now + forget_after;
}

}  // namespace boxoffice::api

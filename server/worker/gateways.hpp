// The gateways' inner side, where messages for those who listen are published: nchan over libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.hpp"

namespace boxoffice::worker {

// True for "show:N" and "user:N.M".
bool is_channel(std::string_view channel);

// For one thread; keeps its connections. A gateway that does not answer within the patience is left alone for
// as long, and for twice as long each time it does so again, up to eight times the patience: so it costs the
// others little. One that refuses is left alone for as long as the patience. Nothing throws but
// std::bad_alloc.
class Gateways {
public:
    // `secret` is what the gateways know us by: BOXOFFICE_LIVE_SECRET.
    Gateways(const std::vector<Endpoint>& addresses, const std::string& secret,
             std::chrono::milliseconds patience = std::chrono::seconds(1));
    ~Gateways();

    // True if at least one gateway took the message.
    bool publish(const std::string& channel, const std::string& message);

    // Ends all connections of those who listen to the channel; they may come again. True if at least one gateway did.
    bool hang_up(const std::string& channel);

    struct Totals {
        std::int64_t listeners = 0;
        std::int64_t channels = 0;
    };
    // Nothing unless every gateway answers.
    std::optional<Totals> totals();

private:
    class Gateway;
    std::vector<std::unique_ptr<Gateway>> gateways_;
};

}  // namespace boxoffice::worker

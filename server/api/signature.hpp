// Stripe's webhook signatures (docs.stripe.com/webhooks#verify-manually): HMAC-SHA256 with the endpoint's
// secret over "TIME.BODY", in a header `t=TIME,v1=HEX[,v1=HEX…]`.
#pragma once

#include <cstdint>
#include <string_view>

namespace boxoffice::api {

// How far the signature's time may be from ours, in seconds.
inline constexpr std::int64_t signature_tolerance = 300;

// True if one of the v1 signatures is right and the time is within the tolerance of `now` (Unix seconds).
// Other schemes in the header are ignored. An empty secret signs nothing.
bool is_signed(std::string_view header, std::string_view body, std::string_view secret, std::int64_t now);

}  // namespace boxoffice::api

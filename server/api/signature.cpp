#include "api/signature.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/encoding.hpp"

namespace boxoffice::api {

bool is_signed(std::string_view header, std::string_view body, std::string_view secret, std::int64_t now) {
    std::string_view time;
    std::vector<std::string_view> signatures;
    while (!header.empty()) {
        const auto item = header.substr(0, header.find(','));
        if (item.starts_with("t="))
            time = item.substr(2);
        else if (item.starts_with("v1="))
            signatures.push_back(item.substr(3));
        header.remove_prefix(std::min(header.size(), item.size() + 1));
    }

    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), seconds);
    if (secret.empty() || error != std::errc() || end != time.data() + time.size() ||
        seconds < now - signature_tolerance || seconds > now + signature_tolerance)
        return false;

    std::string message(time);
    message += '.';
    message += body;
    const std::string expected = hex_encode(bytes_of(hmac_sha256(secret, message)));
    bool is_right = false;
    for (const std::string_view signature : signatures)
        is_right |= equal_in_constant_time(signature, expected);
    return is_right;
}

}  // namespace boxoffice::api

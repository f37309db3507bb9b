#include "base/encoding.hpp"

#include <array>
#include <cstdint>

namespace boxoffice {
namespace {

constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> base64url_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t index = 0; index < base64url_digits.size(); ++index) {
        values[static_cast<unsigned char>(base64url_digits[index])] = static_cast<std::uint8_t>(index);
    }
    return values;
}

constexpr bool is_unreserved(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

}  // namespace

std::string base64url_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
        for (count += 8; count >= 6; count -= 6) {
            text += base64url_digits[bits >> (count - 6) & 63];
        }
    }
    if (count > 0) {
        text += base64url_digits[bits << (6 - count) & 63];
    }
    return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    static constexpr auto values = base64url_values();
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char digit : text) {
        const auto value = values[static_cast<unsigned char>(digit)];
        if (value == no_digit) {
            return std::nullopt;
        }
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 0xff);
        }
    }
    if ((bits & ((1U << count) - 1)) != 0) {
        return std::nullopt;
    }
    return bytes;
}

std::optional<std::string> base64_decode(std::string_view text) {
    std::string url;
    url.reserve(text.size());
    for (const char digit : text.substr(0, text.find_last_not_of("=\n") + 1)) {
        if (digit == '-' || digit == '_') {
            return std::nullopt;
        }
        if (digit != '\n') {
            url += digit == '+' ? '-' : digit == '/' ? '_' : digit;
        }
    }
    return base64url_decode(url);
}

std::string hex_encode(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char signed_byte : bytes) {
        const auto byte = static_cast<unsigned char>(signed_byte);
        text += hex_digits[byte >> 4];
        text += hex_digits[byte & 15];
    }
    return text;
}

std::string percent_encode(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (const char byte : bytes) {
        if (is_unreserved(byte)) {
            text += byte;
        } else {
            const auto value = static_cast<unsigned char>(byte);
            text += '%';
            text += "0123456789ABCDEF"[value >> 4];
            text += "0123456789ABCDEF"[value & 15];
        }
    }
    return text;
}

bool is_utf8(std::string_view bytes) {
    const auto at = [bytes](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
    std::size_t index = 0;
    while (index < bytes.size()) {
        const unsigned char lead = at(index);
        if (lead < 0x80) {
            ++index;
            continue;
        }
        // The table of well-formed sequences of the Unicode Standard (table 3-7): only the second byte's
        // range depends on the first.
        std::size_t length = 0;
        unsigned char low = 0x80;
        unsigned char high = 0xbf;
        if (lead >= 0xc2 && lead <= 0xdf) {
            length = 2;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            length = 3;
            low = lead == 0xe0 ? 0xa0 : low;
            high = lead == 0xed ? 0x9f : high;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            length = 4;
            low = lead == 0xf0 ? 0x90 : low;
            high = lead == 0xf4 ? 0x8f : high;
        }
        if (length == 0 || bytes.size() - index < length || at(index + 1) < low || at(index + 1) > high) {
            return false;
        }
        for (std::size_t offset = 2; offset < length; ++offset) {
            if ((at(index + offset) & 0xc0) != 0x80) {
                return false;
            }
        }
        index += length;
    }
    return true;
}

}  // namespace boxoffice

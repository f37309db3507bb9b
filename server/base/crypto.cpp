#include "base/crypto.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <stdexcept>

#include "base/encoding.hpp"

namespace boxoffice {
namespace {

// Argon2id's cost as a PHC string names it. libsodium computes with one lane (p) only.
struct Cost {
    unsigned long long kibibytes = 19456;
    unsigned long long passes = 2;
};

constexpr unsigned long long max_kibibytes = 262144;
constexpr unsigned long long max_passes = 10;
constexpr std::size_t hash_bytes = 32;

using Salt = std::array<unsigned char, crypto_pwhash_SALTBYTES>;

// libsodium must be initialised before use; doing it once is thread-safe and cheap to ask for.
void initialise() {
    static const int result = sodium_init();
    if (result < 0) {
        throw std::runtime_error("libsodium cannot be initialised");
    }
}

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// PHC strings use base64's own alphabet without padding.
std::string phc_encode(const unsigned char* data, std::size_t size) {
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    std::string text(sodium_base64_encoded_len(size, variant), '\0');
    sodium_bin2base64(text.data(), text.size(), data, size, variant);
    text.pop_back();  // the terminating NUL
    return text;
}

std::optional<Salt> phc_salt(std::string_view text) {
    Salt salt;
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(salt.data(), salt.size(), text.data(), text.size(), nullptr, &size, &end,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0 ||
        size != salt.size() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return salt;
}

std::string phc_string(const Cost& cost, const Salt& salt, std::string_view password) {
    std::array<unsigned char, hash_bytes> hash{};
    if (crypto_pwhash(hash.data(), hash.size(), password.data(), password.size(), salt.data(), cost.passes,
                      cost.kibibytes * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        throw std::bad_alloc();
    }
    return "$argon2id$v=19$m=" + std::to_string(cost.kibibytes) + ",t=" + std::to_string(cost.passes) +
           ",p=1$" + phc_encode(salt.data(), salt.size()) + "$" + phc_encode(hash.data(), hash.size());
}

// Takes `literal` off the front of `text`.
bool take(std::string_view& text, std::string_view literal) {
    if (!text.starts_with(literal)) {
        return false;
    }
    text.remove_prefix(literal.size());
    return true;
}

// Takes a number from `least` to `most` off the front of `text`.
bool take(std::string_view& text, unsigned long long& number, unsigned long long least,
          unsigned long long most) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < least || number > most) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

}  // namespace

std::string_view bytes_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest sha256(std::string_view message) {
    initialise();
    Digest digest;
    crypto_hash_sha256(digest.data(), bytes(message), message.size());
    return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view message) {
    initialise();
    Digest digest;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes(message), message.size());
    crypto_auth_hmacsha256_final(&state, digest.data());
    return digest;
}

std::string sha256_hex(std::string_view message) {
    return hex_encode(bytes_of(sha256(message)));
}

std::string random_token() {
    initialise();
    Digest random;
    randombytes_buf(random.data(), random.size());
    return base64url_encode(bytes_of(random));
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
    return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string hash_password(std::string_view password) {
    initialise();
    Salt salt;
    randombytes_buf(salt.data(), salt.size());
    return phc_string(Cost{}, salt, password);
}

std::optional<std::string> hash_password_like(std::string_view prefix, std::string_view password) {
    initialise();
    Cost cost;
    if (!take(prefix, "$argon2id$v=19$m=") ||
        !take(prefix, cost.kibibytes, crypto_pwhash_MEMLIMIT_MIN / 1024, max_kibibytes) ||
        !take(prefix, ",t=") || !take(prefix, cost.passes, crypto_pwhash_OPSLIMIT_MIN, max_passes) ||
        !take(prefix, ",p=1$")) {
        return std::nullopt;
    }
    const auto salt = phc_salt(prefix);
    if (!salt) {
        return std::nullopt;
    }
    return phc_string(cost, *salt, password);
}

}  // namespace boxoffice

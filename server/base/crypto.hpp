// Digests, random tokens and password hashes over libsodium.
// Not for TLS, and not for where secrets are kept. Any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace boxoffice {

using Digest = std::array<unsigned char, 32>;

// The digest's bytes, for the functions that take text.
std::string_view bytes_of(const Digest& digest);

Digest sha256(std::string_view message);

Digest hmac_sha256(std::string_view key, std::string_view message);

// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view message);

// 32 random bytes as base64url: 43 characters.
std::string random_token();

// Compares in a time that tells only the lengths.
bool equal_in_constant_time(std::string_view left, std::string_view right);

// Argon2id with m = 19 MiB, t = 2, p = 1 (OWASP's password storage cheat sheet) and a fresh salt, as
// the PHC string `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. Takes about 15 ms and 19 MiB: bound
// how many run at once. Throws std::bad_alloc when there is no memory for it.
std::string hash_password(std::string_view password);

// The same with the cost and salt of a PHC prefix `$argon2id$v=19$m=…,t=…,p=1$<salt>`. Nothing when the
// prefix is not of that form, its salt is not of 16 bytes, or its cost is over 256 MiB or 10 passes.
std::optional<std::string> hash_password_like(std::string_view prefix, std::string_view password);

}  // namespace boxoffice

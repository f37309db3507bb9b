// Digests against published test vectors, tokens, and password hashes in PHC form.
#include <doctest/doctest.h>

#include <sodium.h>

#include <set>
#include <string>

#include "base/crypto.hpp"
#include "base/encoding.hpp"

namespace boxoffice {

TEST_CASE("SHA-256 agrees with FIPS 180-4") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("HMAC-SHA-256 agrees with RFC 4231, for short keys and long ones") {
    CHECK(hex_encode(bytes_of(hmac_sha256("Jefe", "what do ya want for nothing?"))) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hex_encode(bytes_of(hmac_sha256(std::string(131, '\xaa'),
                                          "Test Using Larger Than Block-Size Key - Hash Key First"))) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("tokens are 43 characters and never the same") {
    std::set<std::string> tokens;
    for (int count = 0; count < 1000; ++count) {
        const std::string token = random_token();
        CHECK(token.size() == 43);
        CHECK(base64url_decode(token)->size() == 32);
        tokens.insert(token);
    }
    CHECK(tokens.size() == 1000);
}

TEST_CASE("constant-time comparison compares") {
    CHECK(equal_in_constant_time("", ""));
    CHECK(equal_in_constant_time("secret", "secret"));
    CHECK_FALSE(equal_in_constant_time("secret", "secreT"));
    CHECK_FALSE(equal_in_constant_time("secret", "secrets"));
}

TEST_CASE("a password hash is a PHC string that libsodium verifies") {
    const std::string password = "boxoffice-demo";
    const std::string hash = hash_password(password);
    CHECK(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    CHECK(crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0);
    CHECK(crypto_pwhash_str_verify(hash.c_str(), "other", 5) != 0);
    CHECK(hash != hash_password(password));
}

TEST_CASE("the prefix of a password hash gives the same hash for the same password only") {
    const std::string hash = hash_password("correct horse");
    const std::string prefix = hash.substr(0, hash.rfind('$'));
    CHECK(hash_password_like(prefix, "correct horse") == hash);
    CHECK(hash_password_like(prefix, "correct horsf") != hash);
}

TEST_CASE("a password prefix of another form, or of a ruinous cost, is refused") {
    const std::string salt = "AAAAAAAAAAAAAAAAAAAAAA";
    CHECK(hash_password_like("$argon2id$v=19$m=8,t=1,p=1$" + salt, "x"));
    CHECK_FALSE(hash_password_like("", "x"));
    CHECK_FALSE(hash_password_like("$argon2i$v=19$m=19456,t=2,p=1$" + salt, "x"));
    CHECK_FALSE(hash_password_like("$argon2id$v=19$m=19456,t=2,p=4$" + salt, "x"));
    CHECK_FALSE(hash_password_like("$argon2id$v=19$m=4194304,t=2,p=1$" + salt, "x"));
    CHECK_FALSE(hash_password_like("$argon2id$v=19$m=19456,t=1000,p=1$" + salt, "x"));
    CHECK_FALSE(hash_password_like("$argon2id$v=19$m=-1,t=2,p=1$" + salt, "x"));
    CHECK_FALSE(hash_password_like("$argon2id$v=19$m=19456,t=2,p=1$" + salt + "AA", "x"));
    CHECK_FALSE(hash_password_like("$argon2id$v=19$m=19456,t=2,p=1$AAAA", "x"));
    CHECK_FALSE(hash_password_like("$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$hash", "x"));
}

}  // namespace boxoffice

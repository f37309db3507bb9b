// Who a request says it comes from, forged forms, and the provider's signatures.
#include <doctest/doctest.h>

#include <string>

#include "api/credential.hpp"
#include "api/signature.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"

namespace boxoffice::api {

namespace {

http::Request request(std::vector<http::Header> headers) {
    http::Request request;
    request.method = "POST";
    request.headers = std::move(headers);
    return request;
}

Credential credential(std::vector<http::Header> headers) {
    return credential_of(request(std::move(headers)), false);
}

bool same_origin(std::vector<http::Header> headers) {
    headers.push_back({"Host", "tickets.example"});
    return is_same_origin(request(std::move(headers)), "https://www.tickets.example");
}

std::string signature(const std::string& secret, const std::string& time, const std::string& body) {
    return hex_encode(bytes_of(hmac_sha256(secret, time + '.' + body)));
}

}  // namespace

TEST_CASE("a credential is a bearer token, an API key or the session cookie, in this order") {
    CHECK(credential({}).kind == Credential::Kind::none);
    CHECK(!credential({}).hash());
    CHECK(credential({{"authorization", "bearer abc"}}).token == "abc");
    CHECK(credential({{"Authorization", "Api-Key abc"}}).kind == Credential::Kind::api_key);
    CHECK(credential({{"Api-Key", "abc"}}).kind == Credential::Kind::api_key);
    const Credential cookie = credential({{"Cookie", "a=b; boxoffice_session=abc; c=d"}});
    CHECK(cookie.kind == Credential::Kind::cookie);
    CHECK(cookie.hash() == sha256_hex("abc"));
    CHECK(credential({{"Cookie", "boxoffice_session=abc"}, {"Authorization", "Bearer xyz"}}).token == "xyz");
}

TEST_CASE("behind TLS a session is a cookie of this very host, which its neighbours cannot set") {
    const auto kind = [](const char* cookie) {
        return credential_of(request({{"Cookie", cookie}}), true).kind;
    };
    CHECK(kind("__Host-boxoffice_session=abc") == Credential::Kind::cookie);
    CHECK(kind("boxoffice_session=abc") == Credential::Kind::none);
    CHECK(credential({{"Cookie", "__Host-boxoffice_session=abc"}}).kind == Credential::Kind::none);
}

TEST_CASE("an odd header is no credential, and hides the cookie") {
    for (const char* header : {"Basic abc", "Bearer", "Bearer ", "abc", "Bearer\tabc"})
        CHECK_MESSAGE(credential({{"Authorization", header}, {"Cookie", "boxoffice_session=abc"}}).kind ==
                          Credential::Kind::none,
                      header);
    CHECK(credential({{"Authorization", "Bearer " + std::string(300, 'x')}}).kind == Credential::Kind::none);
    CHECK(credential({{"Cookie", "boxoffice_session="}}).kind == Credential::Kind::none);
}

TEST_CASE("a form's token belongs to its session alone") {
    CHECK(csrf_token("a") == csrf_token("a"));
    CHECK(csrf_token("a") != csrf_token("b"));
    CHECK(csrf_token("a").size() == 43);
}

TEST_CASE("what another site made the browser send is seen") {
    CHECK(same_origin({}));
    CHECK(same_origin({{"Sec-Fetch-Site", "same-origin"}}));
    CHECK(same_origin({{"Sec-Fetch-Site", "none"}}));
    CHECK(same_origin({{"Origin", "https://tickets.example"}}));
    CHECK(same_origin({{"Origin", "https://www.tickets.example"}}));
    CHECK(!same_origin({{"Sec-Fetch-Site", "cross-site"}}));
    CHECK(!same_origin({{"Sec-Fetch-Site", "same-site"}}));
    for (const char* origin :
         {"https://evil.example", "null", "https://tickets.example.evil.example",
          "https://tickets.example:8443", "tickets.example", "https://tickets.example@evil.example"})
        CHECK_MESSAGE(!same_origin({{"Origin", origin}}), origin);
    CHECK(!same_origin({{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-origin"}}));
}

TEST_CASE("cookies are for this site, for HTTP, and behind TLS for TLS only") {
    CHECK(set_cookie("boxoffice_session", "abc", 60, true).value ==
          "__Host-boxoffice_session=abc; Path=/; SameSite=Lax; Max-Age=60; HttpOnly; Secure");
    CHECK(set_cookie("boxoffice_session", "", 0, false).value ==
          "boxoffice_session=; Path=/; SameSite=Lax; Max-Age=0; HttpOnly");
}

TEST_CASE("the provider's signature is over time and body, within five minutes") {
    const std::string secret = "whsec_test";
    const std::string body = R"({"id":"evt_1"})";
    const std::string good = signature(secret, "1000", body);
    CHECK(is_signed("t=1000,v1=" + good, body, secret, 1000));
    CHECK(is_signed("t=1000,v1=" + good, body, secret, 1300));
    CHECK(is_signed("t=1000,v1=" + good, body, secret, 700));
    CHECK(!is_signed("t=1000,v1=" + good, body, secret, 1301));
    CHECK(!is_signed("t=1000,v1=" + good, body, secret, 699));
    CHECK(is_signed("t=1000,v1=00,v0=x,v1=" + good, body, secret, 1000));
}

TEST_CASE("a signature that is forged, or of something else, signs nothing") {
    const std::string secret = "whsec_test";
    const std::string body = R"({"id":"evt_1"})";
    const std::string good = signature(secret, "1000", body);
    CHECK(!is_signed("t=1000,v1=" + good, body + ' ', secret, 1000));
    CHECK(!is_signed("t=1001,v1=" + good, body, secret, 1000));
    CHECK(!is_signed("t=1000,v1=" + good, body, "other", 1000));
    CHECK(!is_signed("t=1000,v1=" + signature("", "1000", body), body, "", 1000));
    CHECK(!is_signed("t=1000,v0=" + good, body, secret, 1000));
    for (const std::string& header :
         {std::string(), std::string("t="), std::string("v1=") + good, std::string("t=1000"),
          std::string("t=x,v1=") + good, std::string("t=99999999999999999999,v1=") + good, std::string(",,,"),
          std::string("t=1000,v1=")})
        CHECK_MESSAGE(!is_signed(header, body, secret, 1000), header);
}

}  // namespace boxoffice::api

// Requests and responses as the rest of the house sees them: plain values without sockets or parsers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::http {

struct Header {
    std::string name;
    std::string value;
};

// Header names are compared without regard to ASCII case.
bool same_name(std::string_view a, std::string_view b);

struct Request {
    std::string method;           // "GET"; case matters, unknown ones are passed on
    std::string target;           // as sent
    std::string path;             // percent-decoded, valid UTF-8, without NUL; starts with "/", or is "*"
    std::string query;            // as sent, without "?"
    std::vector<Header> headers;  // in order, names as sent
    std::string body;             // whole; chunks already joined
    std::string remote_address;   // the peer's numeric address

    // The first header of that name, any case; empty if there is none.
    std::string_view header(std::string_view name) const;
};

struct Response {
    int status = 200;
    // Connection, Content-Length, Date and Transfer-Encoding are the transport's and are left out if given.
    std::vector<Header> headers = {};
    std::string body = {};
    // If set, sent instead of `body` without being copied: for bodies that many clients get.
    std::shared_ptr<const std::string> shared_body = {};

    std::string_view content() const { return shared_body ? *shared_body : body; }
};

}  // namespace boxoffice::http

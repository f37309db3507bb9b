// A mail as bytes: RFC 5322 headers, a text with its HTML alternative, attachments (RFC 2045 to 2049, 2183).
// Written here and not by curl_mime, which can only send: the same bytes go to a file and over SMTP, and the
// same mail gives the same bytes at each attempt. Not for what a mail says (compose.hpp) nor for its way
// (delivery.hpp).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::mail {

// A mail that can never be sent as it is: what() says why, without its text.
class MessageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Address {
    std::string name;     // UTF-8; may be empty
    std::string address;  // "tickets@example.com"

    // What stands behind the @.
    std::string domain() const;
};

// "Boxoffice <tickets@example.com>", "\"Box, Office\" <t@example.com>" or "tickets@example.com". Throws
// MessageError.
Address parse_address(std::string_view text);

struct Attachment {
    std::string filename;      // A-Z a-z 0-9 . _ -
    std::string content_type;  // "application/pdf"
    std::string body;          // any bytes
};

struct Message {
    std::string id;            // "7.3f0c…@example.com": the mail's own for ever, however often it is sent
    std::int64_t sent_at = 0;  // seconds since 1970
    Address from;
    Address to;
    std::string language;  // "en"
    std::string subject;   // all three are UTF-8
    std::string text;
    std::string html;
    std::vector<Attachment> attachments;
};

// Lines end in CRLF, have at most 78 bytes and are ASCII, but for an address that is not. Throws MessageError
// for an address that is none, and for a control character in a header: a line break there would be a header
// of its own.
std::string encode(const Message& message);

}  // namespace boxoffice::mail

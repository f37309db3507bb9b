#include "mail/message.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/encoding.hpp"

namespace boxoffice::mail {
namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::size_t line_length = 76;  // of a body: RFC 2045, of a header with encoded words: RFC 2047

bool is_control(char byte) {
    return static_cast<unsigned char>(byte) < ' ' || byte == 0x7f;
}

bool is_ascii(std::string_view text) {
    return std::ranges::none_of(text, [](char byte) { return static_cast<unsigned char>(byte) > 0x7f; });
}

bool is_alphanumeric(char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

void check_header(std::string_view what, std::string_view text) {
    if (std::ranges::any_of(text, is_control) || !is_utf8(text)) {
        throw MessageError("a control character in " + std::string(what));
    }
}

// Stricter than RFC 5321: nothing that needs quoting, as hardly anybody has such an address.
// An address goes to the mail server as it stands, and without SMTPUTF8 that is ASCII: the database keeps a domain in other
// letters in Punycode (account.normal_email).
void check_address(std::string_view address) {
    const auto at = address.rfind('@');
    const bool is_address = at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
                            address.size() <= 254 && is_ascii(address) &&
                            std::ranges::none_of(address, is_control) &&
                            std::ranges::count(address, '@') == 1 &&
                            address.find_first_of(" <>()[]\\,;:\"") == std::string_view::npos;
    if (!is_address) {
        throw MessageError("not an address that can be written to");
    }
}

// In lines of 76, without a line break at the end.
std::string base64(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    std::size_t column = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        if (column == line_length) {
            result += crlf;
            column = 0;
        }
        const auto byte = [&](std::size_t n) {
            return i + n < bytes.size() ? static_cast<unsigned char>(bytes[i + n]) : 0U;
        };
        const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
        const std::size_t digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
        for (std::size_t n = 0; n < 4; ++n) {
            result += n < digits ? alphabet[group >> (18 - 6 * n) & 63] : '=';
        }
        column += 4;
    }
    return result;
}

// RFC 2045 section 6.7, lines as they are.
std::string quoted_printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char byte = text[i];
        if (byte == '\n') {
            result += crlf;
            column = 0;
            continue;
        }
        if (byte == '\r') {
            continue;
        }
        const bool is_last = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
        const bool is_plain =
            byte == ' ' || byte == '\t' ? !is_last : byte > ' ' && byte <= '~' && byte != '=';
        const std::size_t width = is_plain ? 1 : 3;
        if (column + width + (is_last ? 0 : 1) > line_length) {
            result.append("=").append(crlf);
            column = 0;
        }
        if (is_plain) {
            result += byte;
        } else {
            const auto value = static_cast<unsigned char>(byte);
            result.append({'=', digits[value >> 4], digits[value & 15]});
        }
        column += width;
    }
    return result;
}

// RFC 2047 in words of whole characters, on lines of their own after the first.
std::string encoded_words(std::string_view text) {
    constexpr std::size_t most_bytes =
        39;  // 64 characters as a word, which leaves room for the header's name
    std::string result;
    while (!text.empty()) {
        std::size_t size = std::min(most_bytes, text.size());
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
            --size;
        }
        result += (result.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64(text.substr(0, size)) + "?=";
        text.remove_prefix(size);
    }
    return result;
}

// Text of a header whose name takes up to ten columns.
std::string unstructured(std::string_view text) {
    constexpr std::size_t most = 66;
    const bool is_plain = is_ascii(text) && text.size() <= most && text.find("=?") == std::string_view::npos;
    return is_plain ? std::string(text) : encoded_words(text);
}

std::string mailbox(const Address& who, std::string_view what) {
    check_header(what, who.name);
    check_address(who.address);
    if (who.name.empty()) {
        return who.address;
    }
    std::string name;
    if (is_ascii(who.name) && who.name.size() <= 60) {
        for (const char byte : who.name) {
            name += byte == '"' || byte == '\\' ? std::string{'\\', byte} : std::string{byte};
        }
        name = '"' + name + '"';
    } else {
        name = encoded_words(who.name);
    }
    return name + "\r\n <" + who.address + ">";
}

// RFC 5322 section 3.3, in UTC.
std::string date(std::int64_t at) {
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t time = at;
    std::tm utc{};
    gmtime_r(&time, &utc);
    char rest[16];
    std::strftime(rest, sizeof rest, "%H:%M:%S +0000", &utc);
    return std::string(days[static_cast<std::size_t>(utc.tm_wday)]) + ", " + std::to_string(utc.tm_mday) +
           ' ' + months[static_cast<std::size_t>(utc.tm_mon)] + ' ' + std::to_string(utc.tm_year + 1900) +
           ' ' + rest;
}

// A part with its headers, ending in CRLF.
std::string text_part(std::string_view type, std::string_view text) {
    return std::string("Content-Type: ").append(type).append("; charset=utf-8\r\n") +
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(text) + "\r\n";
}

std::string attachment_part(const Attachment& attachment) {
    const auto is_name_byte = [](char byte) {
        return is_alphanumeric(byte) || byte == '.' || byte == '_' || byte == '-';
    };
    if (attachment.filename.empty() || !std::ranges::all_of(attachment.filename, is_name_byte)) {
        throw MessageError("not an attachment's name");
    }
    check_header("an attachment's type", attachment.content_type);
    return "Content-Type: " + attachment.content_type + "\r\nContent-Disposition: attachment; filename=\"" +
           attachment.filename + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64(attachment.body) +
           "\r\n";
}

// "=_" is in no encoded body, so no boundary is.
std::string multipart(std::string_view kind, const std::string& boundary,
                      const std::vector<std::string>& parts) {
    std::string result =
        "Content-Type: multipart/" + std::string(kind) + "; boundary=\"" + boundary + "\"\r\n\r\n";
    for (const std::string& part : parts) {
        result += "--" + boundary + "\r\n" + part;
    }
    return result + "--" + boundary + "--\r\n";
}

}  // namespace

std::string Address::domain() const {
    return address.substr(address.rfind('@') + 1);
}

Address parse_address(std::string_view text) {
    Address result;
    const auto open = text.rfind('<');
    if (open == std::string_view::npos) {
        result.address = text;
    } else if (text.ends_with('>')) {
        result.address = text.substr(open + 1, text.size() - open - 2);
        std::string_view name = text.substr(0, open);
        name = name.substr(0, name.find_last_not_of(' ') + 1);
        if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
            name = name.substr(1, name.size() - 2);
        }
        result.name = name;
    }
    static_cast<void>(mailbox(result, "an address"));  // throws
    return result;
}

std::string encode(const Message& message) {
    check_header("the subject", message.subject);
    check_header("the message's id", message.id);
    check_header("the language", message.language);
    const auto header = [](std::string_view name, const std::string& value) {
        return std::string(name).append(": ").append(value).append(crlf);
    };
    std::string result =
        header("Date", date(message.sent_at)) + header("From", mailbox(message.from, "the sender")) +
        header("To", mailbox(message.to, "the receiver's name")) +
        header("Subject", unstructured(message.subject)) + header("Message-ID", "<" + message.id + ">") +
        header("MIME-Version", "1.0") + header("Content-Language", message.language) +
        header("Auto-Submitted", "auto-generated");

    const std::string alternative =
        multipart("alternative", "=_alternative",
                  {text_part("text/plain", message.text), text_part("text/html", message.html)});
    if (message.attachments.empty()) {
        return result + alternative;
    }
    std::vector<std::string> parts{alternative};
    for (const Attachment& attachment : message.attachments) {
        parts.push_back(attachment_part(attachment));
    }
    return result + multipart("mixed", "=_mixed", parts);
}

}  // namespace boxoffice::mail

#include "http/response_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace boxoffice::http {

namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 402:
            return "Payment Required";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "";  // the phrase may be empty, its space not
    }
}

// RFC 9110, 5.6.2: the characters of a token.
bool is_token(std::string_view text) {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
}

bool is_ours(std::string_view name) {
    switch (name.size()) {
        case 4:
            return same_name(name, "Date");
        case 10:
            return same_name(name, "Connection");
        case 14:
            return same_name(name, "Content-Length");
        case 17:
            return same_name(name, "Transfer-Encoding");
        default:
            return false;
    }
}

void append_number(std::string& out, size_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

}  // namespace

std::string_view DateCache::now() {
    const std::time_t second = std::time(nullptr);
    if (second != second_) {
        text_ = http_date(second);
        second_ = second;
    }
    return text_;
}

std::string http_date(std::time_t time) {
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm at{};
    gmtime_r(&time, &at);
    std::array<char, 64> text;
    const int length =
        std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT", days.at(at.tm_wday),
                      at.tm_mday, months.at(at.tm_mon), at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
    return {text.data(), static_cast<size_t>(length)};
}

bool may_have_body(int status) {
    return status != 204 && status != 304;
}

bool append_head(std::string& out, const Response& response, std::string_view date, Persistence persistence) {
    if (response.status < 200 || response.status > 599)
        return false;
    const size_t start = out.size();
    out += "HTTP/1.1 ";
    append_number(out, static_cast<size_t>(response.status));
    out += ' ';
    out += reason(response.status);
    out += "\r\nDate: ";
    out += date;
    out += "\r\n";
    for (const Header& header : response.headers) {
        if (!is_token(header.name) || !is_header_value(header.value)) {
            out.resize(start);
            return false;
        }
        if (is_ours(header.name))
            continue;
        out += header.name;
        out += ": ";
        out += header.value;
        out += "\r\n";
    }
    if (may_have_body(response.status)) {
        out += "Content-Length: ";
        append_number(out, response.content().size());
        out += "\r\n";
    }
    if (persistence == Persistence::close)
        out += "Connection: close\r\n";
    else if (persistence == Persistence::keep_alive_1_0)
        out += "Connection: keep-alive\r\n";
    out += "\r\n";
    return true;
}

}  // namespace boxoffice::http

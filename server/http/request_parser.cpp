#include "http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "http/url.hpp"

namespace boxoffice::http {

namespace beast = boost::beast::http;

namespace {

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// True if the request line has three parts and the last is "HTTP/" digit "." digit, whatever the digits.
bool names_a_version(std::string_view bytes) {
    const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
    if (line.size() < 9 || std::ranges::count(line, ' ') != 2)
        return false;
    const std::string_view end = line.substr(line.size() - 9);
    return end.starts_with(" HTTP/") && is_number(end.substr(6, 1)) && end[7] == '.' &&
           is_number(end.substr(8));
}

}  // namespace

RequestParser::RequestParser(size_t max_header_bytes, size_t max_body_bytes)
    : max_header_bytes_(max_header_bytes) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(max_header_bytes));
    body_limit(max_body_bytes);
}

size_t RequestParser::put(std::string_view bytes) {
    Error error;
    const size_t taken = basic_parser::put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != beast::error::need_more) {
        if (!fault_)
            fault_ = describe(error, bytes);
    } else if (!is_done() && bytes.size() - taken > max_header_bytes_) {
        fault_ = Fault{400, "a chunk header or trailer is too long"};
    }
    return taken;
}

void RequestParser::on_request_impl(beast::verb, View method, View target, int version, Error&) {
    request_.method = view(method);
    request_.target = view(target);
    request_.headers.reserve(12);
    http_1_0_ = version < 11;
    header_bytes_ = method.size() + target.size();
}

void RequestParser::on_field_impl(beast::field field, View name, View value, Error& error) {
    // Beast's own limit starts anew with each call of put().
    header_bytes_ += name.size() + value.size() + 4;
    if (header_bytes_ > max_header_bytes_)
        return refuse(431, "the header is too large", error);
    if (header_complete_)
        return;  // a trailer: it must not pass for a header
    const std::string_view text = view(value);
    switch (field) {
        case beast::field::content_length:
            if (std::exchange(has_length_, true) || !is_number(text))
                return refuse(400, "Content-Length must be one number", error);
            break;
        case beast::field::transfer_encoding:
            if (std::exchange(has_coding_, true) || http_1_0_)
                return refuse(400, "Transfer-Encoding is not acceptable here", error);
            if (!same_name(text, "chunked"))
                return refuse(501, "the only transfer coding understood is chunked", error);
            break;
        case beast::field::host:
            if (std::exchange(has_host_, true))
                return refuse(400, "there is more than one Host", error);
            break;
        case beast::field::expect:
            if (!same_name(text, "100-continue"))
                return refuse(417, "the only expectation understood is 100-continue", error);
            expects_continue_ = !http_1_0_;
            break;
        default:
            break;
    }
    request_.headers.push_back({std::string(view(name)), std::string(text)});
}

void RequestParser::on_header_impl(Error& error) {
    header_complete_ = true;
    if (!has_host_ && !http_1_0_)
        return refuse(400, "Host is missing", error);
    if (request_.method == "CONNECT")
        return refuse(501, "CONNECT is not for an origin server", error);
    std::optional<Target> target = split_target(request_.method, request_.target);
    if (!target)
        return refuse(400, "the request target cannot be understood", error);
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) {
    constexpr std::uint64_t most = 64u << 10u;  // no memory for what is only announced
    request_.body.reserve(static_cast<size_t>(std::min(length.value_or(0), most)));
}

std::size_t RequestParser::on_body_impl(View bytes, Error&) {
    body_started_ = true;
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View bytes, Error& error) {
    return on_body_impl(bytes, error);
}

void RequestParser::refuse(int status, std::string_view why, Error& error) {
    fault_ = Fault{status, why};
    error = beast::error::bad_value;
}

RequestParser::Fault RequestParser::describe(const Error& error, std::string_view bytes) const {
    if (error == beast::error::header_limit)
        return {431, "the header is too large"};
    if (error == beast::error::body_limit)
        return {413, "the body is too large"};
    if (error == beast::error::bad_version && names_a_version(bytes))
        return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    if (error == beast::error::bad_content_length || error == beast::error::bad_transfer_encoding)
        return {400, "the length of the body is given in contradictory ways"};
    if (header_complete_)
        return {400, "the chunked body is malformed"};
    return {400, "the header is malformed"};
}

}  // namespace boxoffice::http

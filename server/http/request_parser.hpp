// Reads one HTTP/1.x request from bytes as they come. The grammar is Boost.Beast's; what a server must refuse
// beyond it (two lengths, unknown transfer codings, a missing Host, targets that cannot be decoded) is here.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace boxoffice::http {

class RequestParser : private boost::beast::http::basic_parser<true> {
public:
    // Why the request is refused; the connection cannot be used for another one.
    struct Fault {
        int status;
        std::string_view why;
    };

    RequestParser(size_t max_header_bytes, size_t max_body_bytes);

    // Takes bytes from the front of those not taken so far and returns how many. Call it with at least one
    // new byte, and not again once the request is complete or faulty.
    size_t put(std::string_view bytes);

    bool complete() const { return !fault_ && is_done(); }
    const std::optional<Fault>& fault() const { return fault_; }
    bool header_complete() const { return header_complete_; }
    bool body_started() const { return body_started_; }
    bool expects_continue() const { return expects_continue_; }     // once the header is complete
    bool keep_alive() const { return basic_parser::keep_alive(); }  // once the header is complete
    bool is_http_1_0() const { return http_1_0_; }

    // Complete when complete() is true; what came so far otherwise. All but remote_address.
    Request& request() { return request_; }

private:
    using Error = boost::beast::error_code;
    using View = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, View method, View target, int version, Error&) override;
    void on_response_impl(int, View, int, Error&) override {}
    void on_field_impl(boost::beast::http::field field, View name, View value, Error&) override;
    void on_header_impl(Error&) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) override;
    std::size_t on_body_impl(View bytes, Error&) override;
    void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View bytes, Error&) override;
    void on_finish_impl(Error&) override {}

    void refuse(int status, std::string_view why, Error&);
    Fault describe(const Error&, std::string_view bytes) const;

    const size_t max_header_bytes_;
    Request request_;
    std::optional<Fault> fault_;
    size_t header_bytes_ = 0;
    bool header_complete_ = false;
    bool body_started_ = false;
    bool expects_continue_ = false;
    bool http_1_0_ = false;
    bool has_length_ = false;
    bool has_coding_ = false;
    bool has_host_ = false;
};

}  // namespace boxoffice::http

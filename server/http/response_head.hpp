// Writes the status line and headers of a response. Not the body, not the socket.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace boxoffice::http {

// The Date header's value, made once a second. One for each thread.
class DateCache {
public:
    std::string_view now();

private:
    std::time_t second_ = -1;
    std::string text_;
};

// "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
std::string http_date(std::time_t time);

enum class Persistence { close, keep_alive, keep_alive_1_0 };

// Appends status line, headers and the empty line to `out`. False, and `out` as it was, if the response
// cannot be sent as it is: a status outside 200–599, or a header whose name or value would break the framing.
bool append_head(std::string& out, const Response& response, std::string_view date, Persistence persistence);

// Whether a response of that status has a body at all.
bool may_have_body(int status);

}  // namespace boxoffice::http

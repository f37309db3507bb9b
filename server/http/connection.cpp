#include "http/connection.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace boxoffice::http {

namespace {

constexpr std::chrono::milliseconds linger_timeout{2'000};
constexpr std::chrono::milliseconds newcomer_timeout{250};  // for the first request, at a stop
constexpr std::size_t write_turn = 1u << 20u;               // bytes written before others get their turn
constexpr std::size_t small_body = 16u << 10u;              // not worth counting
constexpr auto never = Clock::time_point::max();

int send_queue(int fd) {
    int bytes = 0;
    ioctl(fd, SIOCOUTQ, &bytes);
    return bytes;
}

}  // namespace

Connection::Connection(ThreadContext& context, ConnectionKey key, std::string remote_address)
    : context_(context),
      key_(key),
      remote_address_(std::move(remote_address)),
      deadline_(context.now + context.core.options.header_timeout),
      share_(context.core) {}

Connection::Interest Connection::interest() const {
    if (phase_ == Phase::writing)
        return Interest::writable;
    return client_waits_ ? Interest::nothing : Interest::readable;
}

bool Connection::on_readable() {
    if (phase_ == Phase::answering || phase_ == Phase::writing) {
        client_waits_ = true;
        return true;
    }
    std::string& scratch = context_.scratch;
    const ssize_t count = recv(key_.fd, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (count < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (count == 0)
        return false;
    return phase_ == Phase::lingering || receive({scratch.data(), static_cast<std::size_t>(count)});
}

bool Connection::receive(std::string_view bytes) {
    if (input_start_ == input_.size()) {
        const std::size_t taken = parse(bytes);
        input_.assign(bytes.substr(taken));
        input_start_ = 0;
        return react_to_progress(input_.empty());
    }
    input_.erase(0, std::exchange(input_start_, 0));
    input_.append(bytes);
    input_start_ = parse(input_);
    return react_to_progress(input_start_ == input_.size());
}

// Feeds the parser, beginning a request if there is none. Returns how many bytes need not be kept.
std::size_t Connection::parse(std::string_view bytes) {
    std::size_t start = 0;
    if (phase_ == Phase::idle) {
        start = std::min(bytes.find_first_not_of("\r\n"), bytes.size());  // RFC 9112, 2.2
        if (start == bytes.size())
            return start;
        parser_.emplace(context_.core.options.max_header_bytes, context_.core.options.max_body_bytes);
        enter(Phase::head, context_.core.options.header_timeout);
    }
    return start + parser_->put(bytes.substr(start));
}

// After bytes were parsed: answers what is at fault, hands over what is complete, or waits for more.
bool Connection::react_to_progress(bool all_taken) {
    if (phase_ == Phase::idle)
        return true;
    if (const auto& fault = parser_->fault())
        return refuse(fault->status, fault->why);
    if (parser_->complete()) {
        dispatch();
        return true;
    }
    if (phase_ == Phase::head && parser_->header_complete()) {
        enter(Phase::body, context_.core.options.body_timeout);
        if (parser_->expects_continue() && !parser_->body_started() && all_taken && !send_continue())
            return false;
    }
    const std::size_t held = parser_->request().body.size();
    if (held > small_body && !share_.set(held))
        return refuse(503, "too much is being sent to this server at once");
    return true;
}

void Connection::dispatch() {
    phase_ = Phase::answering;
    deadline_ = never;
    is_new_ = false;
    Request request = std::move(parser_->request());
    request.remote_address = remote_address_;
    keep_alive_ = parser_->keep_alive();
    is_http_1_0_ = parser_->is_http_1_0();
    is_head_ = request.method == "HEAD";
    parser_.reset();
    context_.core.requests.fetch_add(1, std::memory_order_relaxed);
    try {
        context_.core.handler(std::move(request), Responder(context_.mailbox, key_));
    } catch (const std::exception& error) {
        context_.core.log(std::string("a handler failed: ") + error.what());
    }
}

bool Connection::on_answer(Answer answer) {
    if (phase_ != Phase::answering)
        return true;
    if (answer.hung_up)
        return false;
    if (answer.abandoned) {
        context_.core.log("a request was given up without an answer");
        answer.response = context_.core.options.error_body(500, "the request could not be answered");
    }
    return start_writing(std::move(answer.response), keep_alive_ && !context_.core.stopping);
}

// An answer of the server itself, after which the connection ends: the client's framing cannot be trusted.
bool Connection::refuse(int status, std::string_view why) {
    context_.core.requests_refused.fetch_add(1, std::memory_order_relaxed);
    is_head_ = parser_ && parser_->request().method == "HEAD";
    parser_.reset();
    return start_writing(context_.core.options.error_body(status, why), false);
}

bool Connection::send_continue() {
    // Nothing is queued at this point, so that a socket which does not take these bytes is a broken one.
    constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
    return ::send(key_.fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(text.size());
}

bool Connection::start_writing(Response response, bool keep_alive) {
    keep_alive_ = keep_alive;
    const Persistence persistence = !keep_alive    ? Persistence::close
                                    : is_http_1_0_ ? Persistence::keep_alive_1_0
                                                   : Persistence::keep_alive;
    response_ = std::move(response);
    head_.clear();
    if (!append_head(head_, response_, context_.date.now(), persistence)) {
        context_.core.log("a response with an impossible status or header was withheld");
        response_ = context_.core.options.error_body(500, "the answer could not be sent");
        if (!append_head(head_, response_, context_.date.now(), persistence))
            return false;
    }
    content_ = is_head_ || !may_have_body(response_.status) ? std::string_view{} : response_.content();
    written_ = 0;
    return write();
}

bool Connection::write() {
    const std::size_t size = head_.size() + content_.size();
    const std::size_t turn_end = std::min(size, written_ + write_turn);
    while (written_ < turn_end) {
        const std::string_view head = std::string_view(head_).substr(std::min(written_, head_.size()));
        const std::string_view content = content_.substr(std::max(written_, head_.size()) - head_.size());
        std::array<iovec, 2> parts{{{const_cast<char*>(head.data()), head.size()},
                                    {const_cast<char*>(content.data()), content.size()}}};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        const ssize_t count = sendmsg(key_.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (count < 0)
            return false;
        written_ += static_cast<std::size_t>(count);
    }
    if (written_ == size)
        return finish_answer();
    const bool fits = share_.set(response_.body.size());
    if (!fits)
        context_.core.log("an answer was dropped: too many bytes wait for slow clients");
    enter(Phase::writing, context_.core.options.write_stall_timeout);
    unacknowledged_ = send_queue(key_.fd);
    return fits;
}

bool Connection::on_writable() {
    return phase_ != Phase::writing || write();
}

bool Connection::finish_answer() {
    content_ = {};
    response_ = {};
    share_.set(0);
    client_waits_ = false;
    if (!keep_alive_)
        return close_gently();
    enter(Phase::idle, context_.core.options.idle_timeout);
    if (input_start_ == input_.size())
        return !context_.core.stopping || close_gently();
    input_start_ += parse(std::string_view(input_).substr(input_start_));
    return react_to_progress(input_start_ == input_.size());
}

bool Connection::close_gently() {
    input_.clear();
    input_start_ = 0;
    enter(Phase::lingering, linger_timeout);
    return shutdown(key_.fd, SHUT_WR) == 0;
}

bool Connection::on_deadline() {
    if (phase_ == Phase::writing) {
        const int waiting = send_queue(key_.fd);
        if (waiting < unacknowledged_) {  // slow, but alive: the kernel asks for more only when much has gone
            unacknowledged_ = waiting;
            enter(Phase::writing, context_.core.options.write_stall_timeout);
            return true;
        }
    }
    if (phase_ != Phase::idle && phase_ != Phase::lingering)
        context_.core.timeouts.fetch_add(1, std::memory_order_relaxed);
    if (phase_ == Phase::head)
        return refuse(408, "the header did not come in time");
    if (phase_ == Phase::body)
        return refuse(408, "the body did not come in time");
    return false;
}

bool Connection::on_stop() {
    if (phase_ == Phase::idle && is_new_) {
        deadline_ = std::min(deadline_, context_.now + newcomer_timeout);
        return on_readable();
    }
    return phase_ != Phase::idle || (on_readable() && phase_ != Phase::idle);
}

void Connection::enter(Phase phase, std::chrono::milliseconds timeout) {
    phase_ = phase;
    deadline_ = context_.now + timeout;
}

}  // namespace boxoffice::http

// One client's connection: reads requests one at a time, hands each to the handler, writes its answer, then
// goes on to the next. Lives on one I/O thread. Knows nothing of polling: the transport tells it what
// happened and asks what it waits for.
//
//   idle ─► head ─► body ─► answering ─► writing ─► idle, or lingering ─► closed
//
// In `lingering` the last answer is on its way and what still comes is thrown away: closing with unread bytes
// would make the kernel reset the connection, and the client might lose the answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/core.hpp"
#include "http/request_parser.hpp"
#include "http/response_head.hpp"

namespace boxoffice::http {

using Clock = std::chrono::steady_clock;

// What the connections of one I/O thread share.
struct ThreadContext {
    Core& core;
    std::shared_ptr<Mailbox> mailbox;
    DateCache date = {};
    std::string scratch = std::string(64u << 10u, '\0');  // receive buffer
    Clock::time_point now = Clock::now();                 // of the events being handled
};

class Connection {
public:
    enum class Interest { nothing, readable, writable };

    // Does not own the descriptor.
    Connection(ThreadContext& context, ConnectionKey key, std::string remote_address);

    const ConnectionKey& key() const { return key_; }
    Interest interest() const;
    Clock::time_point deadline() const { return deadline_; }

    // Each returns false when the connection is at its end and is to be closed.
    bool on_readable();
    bool on_writable();
    bool on_answer(Answer answer);
    bool on_deadline();
    // The server is stopping: an idle connection ends unless a request is already waiting; a new one, whose
    // first request must be on its way, soon after.
    bool on_stop();

private:
    enum class Phase { idle, head, body, answering, writing, lingering };

    bool receive(std::string_view bytes);
    std::size_t parse(std::string_view bytes);
    bool react_to_progress(bool all_taken);
    void dispatch();
    bool refuse(int status, std::string_view why);
    bool send_continue();
    bool start_writing(Response response, bool keep_alive);
    bool write();
    bool finish_answer();
    bool close_gently();
    void enter(Phase phase, std::chrono::milliseconds timeout);

    ThreadContext& context_;
    const ConnectionKey key_;
    const std::string remote_address_;

    Phase phase_ = Phase::idle;
    bool is_new_ = true;  // has not asked for anything yet
    Clock::time_point deadline_;
    bool client_waits_ = false;  // bytes or an end came that are not to be read before the answer is out

    std::optional<RequestParser> parser_;
    std::string input_;  // received but not parsed, from input_start_
    std::size_t input_start_ = 0;

    std::string head_;
    Response response_;
    std::string_view content_;  // of response_, empty if none is to be sent
    std::size_t written_ = 0;   // of head_ and content_
    int unacknowledged_ = 0;    // bytes in the kernel's queue when progress was last seen
    bool keep_alive_ = false;
    bool is_head_ = false;
    bool is_http_1_0_ = false;
    BufferShare share_;
};

}  // namespace boxoffice::http

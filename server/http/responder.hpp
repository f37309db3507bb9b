// The way of an answer back to its connection, from whichever thread has it: Responder is what a handler
// holds, Mailbox is where an I/O thread finds what was sent to its connections.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "http/message.hpp"

namespace boxoffice::http {

// Names one connection for good. A descriptor's number is used again as soon as it is closed; the id never
// is.
struct ConnectionKey {
    int fd;
    size_t id;
    bool operator==(const ConnectionKey&) const = default;
};

struct Answer {
    ConnectionKey connection;
    Response response = {};
    bool abandoned = false;  // the handler let go of the request without an answer
};

// Answers for the connections of one I/O thread. Any thread may post; the owner takes.
class Mailbox {
public:
    Mailbox();
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    // Readable when there is something to do for the owner.
    int fd() const { return event_fd_; }

    // Answers posted by the owner's own thread do not make fd() readable: it looks after each handler.
    void set_owner(std::thread::id owner) { owner_.store(owner, std::memory_order_relaxed); }
    void post(Answer answer);
    void wake() const;  // makes fd() readable without an answer

    void drain() const;                    // makes fd() unreadable; call it before take()
    void take(std::vector<Answer>& into);  // replaces what `into` holds
    void close();                          // from now on answers are dropped

private:
    const int event_fd_;
    std::atomic<std::thread::id> owner_{};
    std::mutex mutex_;
    std::vector<Answer> answers_;  // guarded by mutex_
    bool closed_ = false;          // guarded by mutex_
};

// One pending answer. Copies are handles of the same one and may be used from any thread.
class Responder {
public:
    Responder(std::shared_ptr<Mailbox> mailbox, ConnectionKey connection);

    // The first call answers the request; later ones, and any after the client has gone, do nothing. If all
    // copies are dropped without a call, the client gets a 500.
    void send(Response response) const;

private:
    class Ticket;
    std::shared_ptr<Ticket> ticket_;
};

}  // namespace boxoffice::http

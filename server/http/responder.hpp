// The way of an answer back to its connection, from whichever thread has it: Responder is what a handler
// holds, Mailbox is where an I/O thread finds what was sent to its connections.
#pragma once

#include <memory>
#include <mutex>
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
    bool hung_up = false;    // the connection is to be closed without one
};

// Answers for the connections of one I/O thread, its owner. Any thread may post. The owner's descriptor is
// made readable only if the owner rests: while it is awake it looks into the mailbox anyway, and a crowd of
// answers costs one wake-up.
class Mailbox {
public:
    Mailbox();
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    void post(Answer answer);
    void wake() const;  // without an answer
    void close();       // from now on answers are dropped

    // The owner's part. It begins resting.
    int fd() const { return event_fd_; }  // readable when the owner is to wake up
    void drain() const;                   // makes it unreadable
    void awake();
    void take(std::vector<Answer>& into);          // replaces what `into` holds
    void take_or_rest(std::vector<Answer>& into);  // if there is nothing to take, the owner rests

private:
    const int event_fd_;
    std::mutex mutex_;
    std::vector<Answer> answers_;  // guarded by mutex_
    bool resting_ = true;          // guarded by mutex_
    bool closed_ = false;          // guarded by mutex_
};

// One pending answer. Copies are handles of the same one and may be used from any thread.
class Responder {
public:
    Responder(std::shared_ptr<Mailbox> mailbox, ConnectionKey connection);

    // The first call answers the request; later ones, and any after the client has gone, do nothing. If all
    // copies are dropped without a call, the client gets a 500.
    void send(Response response) const;

    // Instead of an answer: closes the connection, as when the process had died. For tests of clients.
    void hang_up() const;

private:
    class Ticket;
    std::shared_ptr<Ticket> ticket_;
};

}  // namespace boxoffice::http

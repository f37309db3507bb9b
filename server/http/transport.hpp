// One I/O thread: accepts on its own listening socket, watches its connections through Pistache's reactor,
// and brings answers, deadlines and the server's stop to them. What is said on a connection is
// connection.hpp's.
#pragma once

#include <pistache/transport.h>

#include <memory>
#include <vector>

#include "http/connection.hpp"
#include "http/listener.hpp"

namespace boxoffice::http {

// Handed to the reactor as a prototype, which it clones for each of its threads. Each clone takes one of the
// sockets, and adds its mailbox.
class Transport : public Pistache::Tcp::Transport {
public:
    struct Supplies {
        Core& core;
        std::vector<Descriptor> listeners;
        std::vector<std::shared_ptr<Mailbox>> mailboxes;
    };

    explicit Transport(std::shared_ptr<Supplies> supplies);
    ~Transport() override;

    std::shared_ptr<Pistache::Aio::Handler> clone() const override;
    void registerPoller(Pistache::Polling::Epoll& poller) override;
    void onReady(const Pistache::Aio::FdSet& fds) override;

private:
    struct Watched;

    void on_connection_event(Watched& watched, const Pistache::Aio::FdSet::Entry& event);
    void on_tick();
    void deliver_answers();
    void begin_stop();

    void accept_some();
    void welcome(int fd, sockaddr* address);
    void refuse(int fd);
    void pause_accepting(int error);

    Watched* find(int fd) const;
    template <typename... Arguments>
    void attend(Watched& watched, bool (Connection::*happened)(Arguments...), Arguments... arguments);
    void watch(Watched& watched);
    void close(Watched& watched);
    void log(std::string_view line);

    const std::shared_ptr<Supplies> supplies_;
    ThreadContext context_;
    Descriptor listener_;
    Descriptor timer_;
    bool accepting_ = true;
    bool stopping_ = false;
    Clock::time_point next_complaint_{};
    std::vector<std::unique_ptr<Watched>> connections_;  // by descriptor
    std::vector<Answer> answers_;
};

}  // namespace boxoffice::http

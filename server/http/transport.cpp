#include "http/transport.hpp"

#include <netinet/tcp.h>
#include <pistache/peer.h>
#include <pistache/tcp.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace boxoffice::http {

using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;

namespace {

constexpr long tick_nanoseconds = 100'000'000;
constexpr int accepts_a_turn = 64;

// The base class wants one. Its read loop is not used: it would read without end from a client whose last
// request is not answered yet, and close on one that has only finished sending.
class NoInput : public Pistache::Tcp::Handler {
    PROTOTYPE_OF(Pistache::Tcp::Handler, NoInput)
    void onInput(const char*, size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
};

Descriptor open_ticker() {
    Descriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    const itimerspec every{{0, tick_nanoseconds}, {0, tick_nanoseconds}};
    if (!timer.is_open() || timerfd_settime(timer.get(), 0, &every, nullptr) != 0)
        throw std::system_error(errno, std::generic_category(), "timerfd");
    return timer;
}

}  // namespace

struct Transport::Watched {
    Connection connection;
    std::shared_ptr<Pistache::Tcp::Peer> peer;
    Connection::Interest interest = Connection::Interest::readable;  // as the poller knows it
};

Transport::Transport(std::shared_ptr<Supplies> supplies)
    : Pistache::Tcp::Transport(std::make_shared<NoInput>()),
      supplies_(std::move(supplies)),
      context_{supplies_->core, std::make_shared<Mailbox>()} {}

Transport::~Transport() {
    context_.mailbox->close();
    for (const auto& watched : connections_) {
        if (watched) {
            ::close(watched->peer->fd());
            context_.core.release_place();
        }
    }
}

std::shared_ptr<Pistache::Aio::Handler> Transport::clone() const {
    return std::make_shared<Transport>(supplies_);
}

// The queues of the base class are left unbound: everything here happens on the I/O thread itself.
void Transport::registerPoller(Pistache::Polling::Epoll& poller) {
    listener_ = std::move(supplies_->listeners.back());
    supplies_->listeners.pop_back();
    supplies_->mailboxes.push_back(context_.mailbox);
    timer_ = open_ticker();
    for (const int fd : {listener_.get(), timer_.get(), context_.mailbox->fd()})
        poller.addFd(fd, Pistache::Flags<NotifyOn>(NotifyOn::Read), Tag(static_cast<std::uint64_t>(fd)));
}

// New connections are taken last: until then no event of this round can belong to a former owner of their
// descriptor.
void Transport::onReady(const Pistache::Aio::FdSet& fds) {
    context_.now = Clock::now();
    context_.mailbox->awake();
    bool clients_wait = false;
    for (const auto& event : fds) {
        const int fd = static_cast<int>(event.getTag().value());
        if (Watched* watched = find(fd))
            on_connection_event(*watched, event);
        else if (fd == listener_.get())
            clients_wait = true;
        else if (fd == timer_.get())
            on_tick();
        else if (fd == context_.mailbox->fd())
            context_.mailbox->drain();
        context_.mailbox->take(answers_);
        deliver_answers();
    }
    if (context_.core.stopping && !stopping_)
        begin_stop();
    else if (clients_wait)
        accept_some();
    for (context_.mailbox->take_or_rest(answers_); !answers_.empty();
         context_.mailbox->take_or_rest(answers_))
        deliver_answers();
}

void Transport::on_connection_event(Watched& watched, const Pistache::Aio::FdSet::Entry& event) {
    if (event.isWritable())
        attend(watched, &Connection::on_writable);
    else if (event.isReadable() && !event.isHangup())
        attend(watched, &Connection::on_readable);
    else
        close(watched);  // reset, or ended in both directions
}

void Transport::on_tick() {
    std::uint64_t ticks;
    if (::read(timer_.get(), &ticks, sizeof ticks) < 0)
        return;
    for (const auto& watched : connections_)
        if (watched && watched->connection.deadline() <= context_.now)
            attend(*watched, &Connection::on_deadline);
    if (!accepting_ && listener_.is_open()) {
        accepting_ = true;
        reactor()->modifyFd(key(), listener_.get(), NotifyOn::Read);
    }
}

void Transport::deliver_answers() {
    for (Answer& answer : answers_) {
        Watched* watched = find(answer.connection.fd);
        if (watched && watched->connection.key() == answer.connection)
            attend(*watched, &Connection::on_answer, std::move(answer));
    }
}

void Transport::begin_stop() {
    stopping_ = true;
    accept_some();  // closing the socket would reset those who are already connected
    reactor()->removeFd(key(), listener_.get());
    listener_.reset();
    for (const auto& watched : connections_)
        if (watched)
            attend(*watched, &Connection::on_stop);
}

void Transport::accept_some() {
    for (int i = 0; i < accepts_a_turn || stopping_; ++i) {
        sockaddr_storage storage{};
        socklen_t size = sizeof storage;
        auto* address = reinterpret_cast<sockaddr*>(&storage);
        const int fd = accept4(listener_.get(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            welcome(fd, address);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return pause_accepting(errno);
        }
    }
}

void Transport::welcome(int fd, sockaddr* address) {
    if (!context_.core.take_place())
        return refuse(fd);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    try {
        const auto index = static_cast<std::size_t>(fd);
        if (connections_.size() <= index)
            connections_.resize(index + 64);
        const auto peer = Pistache::Tcp::Peer::Create(fd, Pistache::Address::fromUnix(address));
        connections_[index].reset(new Watched{{context_, {fd, peer->getID()}, peer->address().host()}, peer});
        handleNewPeer(peer);
        watch(*connections_[index]);
        context_.core.accepted.fetch_add(1, std::memory_order_relaxed);
    } catch (const std::exception& error) {
        log(std::string("a connection could not be taken: ") + error.what());
        if (find(fd))
            connections_[static_cast<std::size_t>(fd)].reset();
        peers.erase(fd);
        ::close(fd);
        context_.core.release_place();
    }
}

void Transport::refuse(int fd) {
    context_.core.refused.fetch_add(1, std::memory_order_relaxed);
    log("a connection was refused: too many are open");
    const Response response = context_.core.options.error_body(503, "too many connections");
    std::string text;
    append_head(text, response, context_.date.now(), Persistence::close);
    text += response.content();
    ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(fd);
}

// Out of descriptors or memory: those who wait stay in the backlog until the next tick.
void Transport::pause_accepting(int error) {
    log(std::string("accepting is paused: ") + std::generic_category().message(error));
    accepting_ = false;
    reactor()->modifyFd(key(), listener_.get(), NotifyOn::None);
}

Transport::Watched* Transport::find(int fd) const {
    const auto index = static_cast<std::size_t>(fd);
    return index < connections_.size() ? connections_[index].get() : nullptr;
}

// Tells the connection what happened; then watches for what it waits for now, or closes it.
template <typename... Arguments>
void Transport::attend(Watched& watched, bool (Connection::*happened)(Arguments...), Arguments... arguments) {
    bool alive = false;
    try {
        alive = (watched.connection.*happened)(std::move(arguments)...);
    } catch (const std::exception& error) {
        log(std::string("a connection failed: ") + error.what());
    }
    if (!alive)
        close(watched);
    else if (watched.connection.interest() != watched.interest)
        watch(watched);
}

// Level-triggered, so that no event can be missed; paid for only when the interest changes.
void Transport::watch(Watched& watched) {
    watched.interest = watched.connection.interest();
    const NotifyOn events = watched.interest == Connection::Interest::readable   ? NotifyOn::Read
                            : watched.interest == Connection::Interest::writable ? NotifyOn::Write
                                                                                 : NotifyOn::None;
    reactor()->modifyFd(key(), watched.connection.key().fd, events);
}

void Transport::close(Watched& watched) {
    const std::shared_ptr<Pistache::Tcp::Peer> peer = watched.peer;
    connections_[static_cast<std::size_t>(peer->fd())].reset();
    removePeer(peer);  // closes the descriptor
    context_.core.release_place();
}

// At most one line a second: what is logged here comes in crowds.
void Transport::log(std::string_view line) {
    if (context_.now < next_complaint_)
        return;
    next_complaint_ = context_.now + std::chrono::seconds(1);
    context_.core.log(line);
}

}  // namespace boxoffice::http

#include "http/responder.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

namespace boxoffice::http {

Mailbox::Mailbox() : event_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (event_fd_ < 0)
        throw std::system_error(errno, std::generic_category(), "eventfd");
}

Mailbox::~Mailbox() {
    ::close(event_fd_);
}

void Mailbox::post(Answer answer) {
    bool must_wake;
    {
        const std::lock_guard lock(mutex_);
        if (closed_)
            return;
        answers_.push_back(std::move(answer));
        must_wake = std::exchange(resting_, false);
    }
    if (must_wake)
        wake();
}

void Mailbox::wake() const {
    eventfd_write(event_fd_, 1);
}

void Mailbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    answers_.clear();
}

void Mailbox::drain() const {
    eventfd_t count;
    eventfd_read(event_fd_, &count);
}

void Mailbox::awake() {
    const std::lock_guard lock(mutex_);
    resting_ = false;
}

void Mailbox::take(std::vector<Answer>& into) {
    into.clear();
    const std::lock_guard lock(mutex_);
    answers_.swap(into);
}

void Mailbox::take_or_rest(std::vector<Answer>& into) {
    into.clear();
    const std::lock_guard lock(mutex_);
    answers_.swap(into);
    resting_ = into.empty();
}

class Responder::Ticket {
public:
    Ticket(std::shared_ptr<Mailbox> mailbox, ConnectionKey connection)
        : mailbox_(std::move(mailbox)), connection_(connection) {}
    ~Ticket() {
        if (!answered_.test_and_set())
            mailbox_->post({connection_, {}, true});
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    void answer(Response response) {
        if (!answered_.test_and_set())
            mailbox_->post({connection_, std::move(response)});
    }

    void hang_up() {
        if (!answered_.test_and_set())
            mailbox_->post({.connection = connection_, .hung_up = true});
    }

private:
    const std::shared_ptr<Mailbox> mailbox_;
    const ConnectionKey connection_;
    std::atomic_flag answered_;
};

Responder::Responder(std::shared_ptr<Mailbox> mailbox, ConnectionKey connection)
    : ticket_(std::make_shared<Ticket>(std::move(mailbox), connection)) {}

void Responder::send(Response response) const {
    ticket_->answer(std::move(response));
}

void Responder::hang_up() const {
    ticket_->hang_up();
}

}  // namespace boxoffice::http

#include "http/server.hpp"

#include <pistache/reactor.h>

#include <utility>

#include "http/core.hpp"
#include "http/listener.hpp"
#include "http/transport.hpp"

namespace boxoffice::http {

struct Server::Running {
    Running(Options options, Handler handler) : core(std::move(options), std::move(handler)) {}

    Core core;
    std::uint16_t port = 0;
    std::shared_ptr<Transport::Supplies> supplies;
    std::shared_ptr<Pistache::Aio::Reactor> reactor;  // while started
};

Server::Server(Options options, Handler handler)
    : running_(std::make_unique<Running>(std::move(options), std::move(handler))) {}

Server::~Server() {
    stop(std::chrono::milliseconds(0));
}

void Server::start() {
    const Options& options = running_->core.options;
    Listeners listeners = open_listeners(options.address, options.port, options.threads, options.backlog);
    running_->port = listeners.port;
    running_->supplies.reset(new Transport::Supplies{running_->core, std::move(listeners.sockets), {}});
    running_->reactor = Pistache::Aio::Reactor::create();
    running_->reactor->init(Pistache::Aio::AsyncContext(static_cast<size_t>(options.threads), "http"));
    running_->reactor->addHandler(std::make_shared<Transport>(running_->supplies));
    running_->reactor->run();
}

std::uint16_t Server::port() const {
    return running_->port;
}

void Server::stop(std::chrono::milliseconds grace) {
    if (!running_->reactor)
        return;
    running_->core.stopping = true;
    for (const auto& mailbox : running_->supplies->mailboxes)
        mailbox->wake();
    running_->core.wait_until_empty(grace);
    running_->reactor->shutdown();
    running_->reactor.reset();  // joins the threads
}

Stats Server::stats() const {
    const Core& core = running_->core;
    return {core.open,     core.accepted, core.refused, core.requests, core.requests_refused,
            core.timeouts, core.buffered};
}

}  // namespace boxoffice::http

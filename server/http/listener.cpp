#include "http/listener.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace boxoffice::http {

namespace {

std::uint16_t port_of(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::system_error(errno, std::generic_category(), "getsockname");
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

enum class Sharing { alone, with_our_own };

Descriptor open_socket(const addrinfo& address, Sharing sharing) {
    Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    const int share = sharing == Sharing::with_our_own ? 1 : 0;
    if (!socket.is_open() || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &share, sizeof share) != 0 ||
        bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0)
        throw std::system_error(errno, std::generic_category());
    return socket;
}

void set_port(addrinfo& address, std::uint16_t port) {
    if (address.ai_family == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(address.ai_addr)->sin6_port = htons(port);
    else
        reinterpret_cast<sockaddr_in*>(address.ai_addr)->sin_port = htons(port);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

int Descriptor::release() {
    return std::exchange(fd_, -1);
}

void Descriptor::reset() {
    if (is_open())
        ::close(release());
}

Listeners open_listeners(const std::string& address, std::uint16_t port, int count, int backlog) {
    const std::string what = "cannot listen on " + address + ":" + std::to_string(port) + ": ";
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const char* node = address.empty() ? nullptr : address.c_str();
    if (const int error = getaddrinfo(node, std::to_string(port).c_str(), &hints, &found))
        throw std::runtime_error(what + gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    try {
        // A port that shares itself would be shared with another server of the same user as well, unnoticed:
        // so it must first be had alone.
        Descriptor probe = open_socket(*found, Sharing::alone);
        Listeners listeners{{}, port_of(probe.get())};
        probe.reset();
        set_port(*found, listeners.port);
        for (int i = 0; i < count; ++i) {
            listeners.sockets.push_back(open_socket(*found, Sharing::with_our_own));
            if (listen(listeners.sockets.back().get(), backlog) != 0)
                throw std::system_error(errno, std::generic_category());
        }
        return listeners;
    } catch (const std::system_error& error) {
        throw std::runtime_error(what + error.code().message());
    }
}

}  // namespace boxoffice::http

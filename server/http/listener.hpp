// Opens the listening sockets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace boxoffice::http {

// An owned descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;

    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    int release();
    void reset();

private:
    int fd_;
};

struct Listeners {
    std::vector<Descriptor>
        sockets;  // nonblocking, all on the same address; the kernel spreads clients over them
    std::uint16_t port;
};

// `count` sockets with SO_REUSEPORT. An empty address means all interfaces, port 0 any free one. Throws
// std::runtime_error with one line that names address and cause.
Listeners open_listeners(const std::string& address, std::uint16_t port, int count, int backlog);

}  // namespace boxoffice::http

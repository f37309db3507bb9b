// What the I/O threads of one server have in common: its options, its handler and its counts.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "http/server.hpp"

namespace boxoffice::http {

struct Core {
    Core(Options given_options, Handler given_handler);

    const Options options;
    const Handler handler;

    std::atomic<bool> stopping{false};
    std::atomic<std::size_t> open{0};
    std::atomic<std::size_t> buffered{0};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> requests_refused{0};
    std::atomic<std::uint64_t> timeouts{0};

    // A place for one more connection, to be given back by release_place(). False at the limit.
    bool take_place();
    void release_place();
    // Waits until no connection is open, or for as long as `most`.
    void wait_until_empty(std::chrono::milliseconds most);

    void log(std::string_view line) const;

private:
    std::mutex mutex_;
    std::condition_variable empty_;
};

// One connection's share of Options::max_buffered_bytes.
class BufferShare {
public:
    explicit BufferShare(Core& core) : core_(core) {}
    ~BufferShare() { set(0); }
    BufferShare(const BufferShare&) = delete;
    BufferShare& operator=(const BufferShare&) = delete;

    // Makes the share so large. False if the server's limit is then passed.
    bool set(std::size_t bytes);

private:
    Core& core_;
    std::size_t bytes_ = 0;
};

}  // namespace boxoffice::http

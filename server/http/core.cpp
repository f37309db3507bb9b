#include "http/core.hpp"

#include <utility>

namespace boxoffice::http {

namespace {

Response plain_error(int status, std::string_view why) {
    return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::string(why) + "\n"};
}

Options with_defaults(Options options) {
    if (!options.error_body)
        options.error_body = plain_error;
    return options;
}

}  // namespace

Core::Core(Options given_options, Handler given_handler)
    : options(with_defaults(std::move(given_options))), handler(std::move(given_handler)) {}

bool Core::take_place() {
    if (open.fetch_add(1) < options.max_connections)
        return true;
    release_place();
    return false;
}

void Core::release_place() {
    if (open.fetch_sub(1) == 1 && stopping) {
        const std::lock_guard lock(mutex_);
        empty_.notify_all();
    }
}

void Core::wait_until_empty(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    empty_.wait_for(lock, most, [this] { return open == 0; });
}

void Core::log(std::string_view line) const {
    if (options.log)
        options.log(line);
}

bool BufferShare::set(std::size_t bytes) {
    if (bytes == bytes_)
        return true;
    const std::size_t total = core_.buffered.fetch_add(bytes - bytes_) + (bytes - bytes_);
    const bool fits = bytes < bytes_ || total <= core_.options.max_buffered_bytes;
    bytes_ = bytes;
    return fits;
}

}  // namespace boxoffice::http

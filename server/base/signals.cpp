#include "base/signals.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace boxoffice {
namespace {

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

}  // namespace

void block_stop_signals() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int wait_for_stop_signal() {
    const sigset_t signals = stop_signals();
    int signal = 0;
    sigwait(&signals, &signal);
    return signal;
}

std::optional<int> wait_for_stop_signal(std::chrono::milliseconds timeout) {
    const sigset_t signals = stop_signals();
    const auto end = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto left = std::max(end - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0));
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec wait{seconds.count(), (left - seconds).count()};
        const int signal = sigtimedwait(&signals, nullptr, &wait);
        if (signal > 0) {
            return signal;
        }
        if (errno != EINTR) {
            return std::nullopt;
        }
    }
}

}  // namespace boxoffice

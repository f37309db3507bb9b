// Waiting for a stop signal instead of being interrupted by it.
#include <doctest/doctest.h>

#include <pthread.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "base/signals.hpp"

namespace boxoffice {

TEST_CASE("a blocked stop signal is handed to the thread that waits for it") {
    std::thread([] {
        block_stop_signals();
        CHECK_FALSE(wait_for_stop_signal(std::chrono::milliseconds(1)));
        pthread_kill(pthread_self(), SIGINT);
        CHECK(wait_for_stop_signal(std::chrono::seconds(10)) == SIGINT);
        pthread_kill(pthread_self(), SIGTERM);
        CHECK(wait_for_stop_signal() == SIGTERM);
    }).join();
}

}  // namespace boxoffice

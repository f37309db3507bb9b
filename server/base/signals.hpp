// Stopping on SIGTERM and SIGINT without a handler: the signals are blocked before any thread starts,
// and one thread waits for them.
#pragma once

#include <chrono>
#include <optional>

namespace boxoffice {

// Blocks SIGTERM and SIGINT for this thread and all that it starts later, and ignores SIGPIPE. Call it
// first thing in a command, before any thread exists.
void block_stop_signals();

// Waits until the process is asked to stop; returns the signal's number.
int wait_for_stop_signal();

// The same for at most `timeout`; nothing when the time is over. For a loop with its own rhythm.
std::optional<int> wait_for_stop_signal(std::chrono::milliseconds timeout);

}  // namespace boxoffice

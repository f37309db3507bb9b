// Places where a test ends a process or holds it up: right before and right after each step of a payment.
// For tests only: nothing ever happens here unless BOXOFFICE_FAULT is set.
#pragma once

#include <filesystem>
#include <string_view>

namespace boxoffice::fault {

// From now on point() looks for orders in this file. Before threads start.
void obey(const std::filesystem::path& orders);

// What stands in the file is an order: "STEP.AT kill" or "STEP.AT hold". The first process that comes to this
// place takes the file away, as FILE.taken, so that each order is obeyed once; it then ends as by SIGKILL, or
// stands still until FILE.taken is gone, ten seconds at most, while a test kills another process. Any thread.
void point(std::string_view step, std::string_view at);

}  // namespace boxoffice::fault

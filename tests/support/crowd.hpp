// Many at once: threads with a connection each that begin in the same moment.
#pragma once

#include <barrier>
#include <functional>
#include <thread>
#include <vector>

#include "db/session.hpp"
#include "support/house.hpp"

namespace boxoffice::test {

// Runs `act(number, session)` in `count` threads, each with a database connection of its own that is open before the
// first of them begins; returns when all have ended. `act` must not throw: an exception ends the test program.
inline void crowd(int count, const std::function<void(int, db::Session&)>& act) {
    std::barrier start(count);
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(count));
    for (int number = 0; number < count; ++number) {
        threads.emplace_back([&, number] {
            db::Session session(database_url());
            session.execute("select 1");
            start.arrive_and_wait();
            act(number, session);
        });
    }
}

}  // namespace boxoffice::test

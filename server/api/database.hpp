// The server's ways to the database: one lane for short reads, one for what the gateway keeps for everybody, of which a stranger
// can have much made anew, one for searches, which may be slow, and one for what changes something, so that nothing slow or
// plentiful stands in front of something fast.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/route.hpp"
#include "base/settings.hpp"
#include "db/lane.hpp"

namespace boxoffice::api {

using Parameters = std::vector<std::optional<std::string>>;

class Database {
public:
    using Done = std::function<void(db::Outcome&&)>;

    // Begins to connect and does not wait for it.
    explicit Database(const Settings& settings);

    // Any thread. False when the lane's queue is full; else `done` is called once, on the lane's thread: it
    // must be short and not throw. `retry`: a call whose connection was lost may be sent again.
    bool call(LaneName lane, Statement statement, Parameters parameters, bool retry, Done done);

    // Asks and waits, for the start and the main loop. Never on an I/O or lane thread.
    db::Outcome ask(const std::string& sql, std::chrono::milliseconds timeout);

    void stop(std::chrono::milliseconds grace);

    struct NamedStats {
        const char* lane;
        db::Stats stats;
    };
    std::vector<NamedStats> stats() const;

private:
    db::Lanes& lane(LaneName name);

    db::Lanes read_;
    db::Lanes browse_;
    db::Lanes search_;
    db::Lanes write_;
};

}  // namespace boxoffice::api

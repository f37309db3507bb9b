// What is published of a show's seats: each message holds the seats that changed since the one before.
//
//   {"type":"seats","version":18,"from":15,"available":96,"changes":{"C-7":"h","C-8":"a"}}
//
// A seat is in it if it changed at all, even if it looks as before: so the message makes version 18 of any version from 15
// to 18 that a listener has. Who has an older one has missed something and asks for the whole state.
#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>
#include <vector>

namespace boxoffice::worker {

// The seats of a show at one moment, in the layout's order.
struct SeatsNow {
    std::int64_t version = 0;
    std::string states;        // a character each
    std::vector<int> changes;  // how often each has changed
};

// A row of ops.watched_changes.
SeatsNow seats_now(const pqxx::row& row);

// One watched show: what was published of it last.
class WatchedSeats {
public:
    // From the row of a show that was not known before: what changed since the first listener came is still to be told.
    explicit WatchedSeats(const pqxx::row& row);
    WatchedSeats(std::int64_t version, std::vector<int> changes, std::vector<std::string> seats);

    std::int64_t version() const { return version_; }

    // False when the show has got other seats than it had: then it is to be read anew.
    bool fits(const SeatsNow& now) const { return now.changes.size() == seats_.size(); }

    // The message; empty when nothing has changed. `now` must fit.
    std::string delta(const SeatsNow& now) const;

    // That message is out.
    void published(SeatsNow&& now);

private:
    std::int64_t version_;
    std::vector<int> changes_;
    std::vector<std::string> seats_;  // names
};

// "{1,2,3}", as PostgreSQL writes an integer[] without nulls. Throws std::invalid_argument for anything else.
std::vector<int> integers_of(std::string_view array);

}  // namespace boxoffice::worker

// What a sale locks. A session's first sixteen relations are locked in its own memory; every further one goes through a table that all
// sessions share, where many of them queue. So each call that sells is to touch few relations, and no more after years of shows.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "support/house.hpp"

using namespace boxoffice;
using test::House;

namespace {

// Calls made by turns until their plans are made and kept, as those of the server's connections are.
constexpr int turns = 8;

std::string quoted(const std::string& text) { return "'" + text + "'"; }

// Makes the calls of a purchase, each a transaction of its own, and tells how many relations the last turn's had locked.
class Sale {
public:
    explicit Sale(House& house) : house_(house), buyers_(house.buyers(2 * turns)) {}

    std::map<std::string, int> locks() {
        const auto seated = std::to_string(house_.seated_show(turns, 10));
        const auto sold_out = std::to_string(house_.general_show(1));
        house_.session().execute("select sales.hold_seats(" + sold_out + ", " + buyer(0) + ", null, 1)");
        for (int turn = 0; turn < turns; ++turn) {
            const std::string row(1, static_cast<char>('A' + turn));
            hold("hold named", seated, buyer(turn), "array['" + row + "-1', '" + row + "-2']");
            hold("hold together", seated, buyer(turn), "null, 2");
            measure("release", "sales.release_booking(" + seated + ", " + booking_ + ", " + buyer(turn) + ")");
            hold("hold apart", seated, buyer(turn), "null, 1");
            measure("begin payment", "sales.begin_payment(" + seated + ", " + booking_ + ", " + buyer(turn) +
                                         ", null, 'https://shop.example/back')");
            const auto payment = quoted(ask("payment_id", "payments"));
            measure("complete payment", "sales.complete_payment(" + seated + ", " + payment + ", 'pi_' || " + payment + ")");
            measure("check in", "api.check_in(" + buyer(0) + ", sales.ticket_code(" + seated + ", " + quoted(ask("ticket_id", "tickets")) +
                                    "), 'north')");
            measure("join", "waitlist.join_queue(" + sold_out + ", " + buyer(turns + turn) + ", 1, null, 'offer')");
        }
        return locks_;
    }

private:
    std::string buyer(int number) const { return std::to_string(buyers_[static_cast<std::size_t>(number)]); }

    void hold(const std::string& name, const std::string& show, const std::string& buyer, const std::string& what) {
        measure(name, "sales.hold_seats(" + show + ", " + buyer + ", " + what + ")");
        booking_ = quoted(house_.ask("select booking_id from sales.bookings where show_id = " + show + " and user_id = " + buyer +
                                     " and status = 'held' order by created_at desc limit 1"));
    }

    std::string ask(const std::string& column, const std::string& table) {
        return house_.ask("select " + column + " from sales." + table + " where booking_id = " + booking_);
    }

    // Counts what is locked when the call is over, and the indexes of tables that it wrote, whose locks end with the statement.
    void measure(const std::string& name, const std::string& call) {
        locks_[name] = house_.session().execute(
            "select " + call + "; "
            "with locked as (select l.relation as id, l.mode from pg_locks as l inner join pg_class as c on c.oid = l.relation "
            "where l.pid = pg_backend_pid() and l.locktype = 'relation' and c.relnamespace <> 'pg_catalog'::regnamespace) "
            "select count(*) from (select id from locked union select i.indexrelid from locked as k "
            "inner join pg_index as i on i.indrelid = k.id where k.mode = 'RowExclusiveLock') as u")[0][0].as<int>();
    }

    House& house_;
    std::vector<std::int64_t> buyers_;
    std::map<std::string, int> locks_;
    std::string booking_;
};

}  // namespace

TEST_CASE("a hold and a release lock no more than fits the session's own sixteen places, the rest little more, and years of shows add nothing") {
    House house;
    const auto locks = Sale(house).locks();
    for (const auto& [name, most] : std::map<std::string, int>{{"hold named", 16},
                                                               {"hold together", 16},
                                                               {"hold apart", 16},
                                                               {"release", 16},
                                                               {"begin payment", 34},
                                                               {"complete payment", 41},
                                                               {"check in", 26},
                                                               {"join", 31}}) {
        CAPTURE(name);
        CHECK(locks.at(name) <= most);
    }

    std::int64_t first = 0;
    for (int show = 0; show < 200; ++show) {
        const std::int64_t id = house.general_show(2);
        first = first == 0 ? id : first;
    }
    house.session().execute("update sales.shows set starts_at = t.day, ends_at = t.day + interval '2 hours', sale_starts_at = t.day - interval '9 days' "
                            "from (select now() - interval '1 month' * (n - " + std::to_string(first - 1) + ") as day, n "
                            "from generate_series(" + std::to_string(first) + ", " + std::to_string(first + 199) + ") as n) as t "
                            "where show_id = t.n");
    CHECK(Sale(house).locks() == locks);
    CHECK(house.ask("select count(*) from pg_inherits as i inner join pg_class as c on c.oid = i.inhparent "
                    "where c.relnamespace::regnamespace::text in ('sales', 'waitlist', 'ops', 'account')") == "0");
    CHECK(house.inconsistencies() == "");
}

// The same ticket at many doors in the same moment. Each case ends by asking report.inconsistencies, and the last takes the
// guard out, to show that the first one does find a second admission.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <string>
#include <vector>

#include "support/crowd.hpp"
#include "support/house.hpp"

using namespace boxoffice;
using test::House;

namespace {

constexpr int crowd_size = 64;

std::vector<std::string> column(db::Session& session, const std::string& query) {
    std::vector<std::string> values;
    for (const auto& row : session.execute(query)) {
        values.emplace_back(row[0].c_str());
    }
    return values;
}

// Sells `count` seats, each in a booking of its own; the bookings' ids.
std::vector<std::string> sell(House& house, std::int64_t show, int count) {
    std::vector<std::string> bookings;
    const std::string id = std::to_string(show);
    for (const auto buyer : house.buyers(count)) {
        const std::string user = std::to_string(buyer);
        house.session().execute("select sales.hold_seats(" + id + ", " + user + ", null, 1)");
        bookings.push_back(house.ask("select booking_id from sales.bookings where show_id = " + id + " and user_id = " + user));
        house.session().execute("select sales.begin_payment(" + id + ", '" + bookings.back() + "', " + user + ", 'pm_card_visa')");
        house.session().execute("select sales.complete_payment(" + id + ", p.payment_id, 'pi_' || p.payment_id) from sales.payments as p "
                                "where p.show_id = " + id + " and p.booking_id = '" + bookings.back() + "'");
    }
    return bookings;
}

std::vector<std::string> tickets_of(House& house, std::int64_t show) {
    return column(house.session(), "select ticket_id from sales.tickets where show_id = " + std::to_string(show) + " order by seat_no");
}

std::string record_scan(db::Session& session, std::int64_t show, const std::string& ticket, int gate, const std::string& schema = "sales") {
    return session.execute("select outcome from " + schema + ".record_scan(" + std::to_string(show) + ", '" + ticket + "', 'gate " +
                           std::to_string(gate) + "', 1)")[0][0]
        .c_str();
}

}  // namespace

TEST_CASE("of 64 doors that scan the same ticket in the same moment one admits, and the others say that it was used") {
    House house;
    const auto show = house.general_show(20);
    sell(house, show, 20);
    const auto tickets = tickets_of(house, show);
    REQUIRE(tickets.size() == 20);
    std::vector<std::atomic<int>> admitted(tickets.size());
    std::vector<std::atomic<int>> used(tickets.size());
    std::barrier together(crowd_size);
    test::crowd(crowd_size, [&](int number, db::Session& session) {
        for (std::size_t i = 0; i < tickets.size(); ++i) {
            together.arrive_and_wait();
            const std::string outcome = record_scan(session, show, tickets[i], number);
            admitted[i] += outcome == "admitted" ? 1 : 0;
            used[i] += outcome == "already_used" ? 1 : 0;
        }
    });
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        CHECK(admitted[i] == 1);
        CHECK(used[i] == crowd_size - 1);
    }
    CHECK(house.ask("select count(*) from sales.ticket_scans where show_id = " + std::to_string(show)) ==
          std::to_string(20 * crowd_size));
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("while some admit a ticket and others undo it, admissions and undoings take turns") {
    House house;
    const auto show = house.general_show(1);
    sell(house, show, 1);
    const auto ticket = tickets_of(house, show).at(0);
    std::atomic<int> undone = 0;
    test::crowd(crowd_size, [&](int number, db::Session& session) {
        for (int i = 0; i < 10; ++i) {
            if (number % 2 == 0) {
                record_scan(session, show, ticket, number);
                continue;
            }
            try {
                session.execute("select sales.undo_admission(" + std::to_string(show) + ", '" + ticket + "', 1, 'left again')");
                ++undone;
            } catch (const pqxx::sql_error& error) {
                CHECK(error.sqlstate() == "BX936");
            }
        }
    });
    CHECK(undone > 0);
    CHECK(house.ask("select bool_and(outcome = case when place % 2 = 1 then 'admitted' else 'undone' end) from ("
                    "select outcome, row_number() over (order by scan_no) as place from sales.ticket_scans "
                    "where outcome <> 'already_used' and show_id = " +
                    std::to_string(show) + ") as s") == "t");
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("a ticket that is scanned while its buyer gives it back either opens the door or is refunded, never both") {
    House house;
    constexpr int count = 200;
    const auto show = house.general_show(count);
    const std::string id = std::to_string(show);
    house.session().execute("update sales.shows set refund_cutoff_seconds = 0 where show_id = " + id);
    const auto bookings = sell(house, show, count);
    std::vector<std::atomic<int>> good_ends(count);
    std::atomic<int> refunded = 0;
    std::barrier together(2);
    test::crowd(2, [&](int number, db::Session& session) {
        for (std::size_t i = 0; i < bookings.size(); ++i) {
            const std::string where = " from sales.tickets as t inner join sales.bookings as b using (show_id, booking_id) "
                                      "where b.show_id = " + id + " and b.booking_id = '" + bookings[i] + "'";
            const auto found = session.execute("select t.ticket_id, b.user_id" + where);
            const std::string ticket = found[0][0].c_str();
            const std::string user = found[0][1].c_str();
            together.arrive_and_wait();
            if (number == 0) {
                good_ends[i] += record_scan(session, show, ticket, 1) == "admitted" ? 1 : 0;
                continue;
            }
            try {
                session.execute("select sales.refund_booking(" + id + ", '" + bookings[i] + "', " + user + ", 'ill')");
                ++good_ends[i];
                ++refunded;
            } catch (const pqxx::sql_error& error) {
                CHECK(error.sqlstate() == "BX914");
            }
        }
    });
    CHECK(std::all_of(good_ends.begin(), good_ends.end(), [](const auto& ends) { return ends == 1; }));
    CHECK(refunded > 0);
    CHECK(refunded < count);
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("offline doors that upload the same tickets at once do not wait in a circle, and the earliest scan is the admission") {
    House house;
    constexpr int count = 40;
    const auto show = house.general_show(count);
    const std::string id = std::to_string(show);
    sell(house, show, count);
    constexpr int doors = 16;
    test::crowd(doors, [&](int number, db::Session& session) {
        const std::string order = number % 2 == 0 ? "seat_no" : "seat_no desc";
        // Door 0 was the first everywhere.
        session.execute("select sales.upload_scans(" + id + ", 'gate " + std::to_string(number) +
                        "', 1, (select jsonb_agg(jsonb_build_object('code', sales.ticket_code(show_id, ticket_id), 'scanned_at', "
                        "now() - interval '1 hour' + interval '1 minute' * " + std::to_string(number) + ") order by " + order +
                        ") from sales.tickets where show_id = " + id + "))");
        session.execute("select count(*) from sales.tickets as t cross join lateral sales.record_scan(t.show_id, t.ticket_id, 'late', 1) as r "
                        "where t.show_id = " + id + " and t.ticket_id = (select ticket_id from sales.tickets where show_id = " + id +
                        " order by ticket_id offset " + std::to_string(number) + " limit 1)");
    });
    CHECK(house.ask("select string_agg(distinct gate, ' ') from sales.tickets where show_id = " + id) == "gate 0");
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("with the guard taken out the same race does admit twice") {
    House house;
    const auto show = house.general_show(20);
    sell(house, show, 20);
    const auto tickets = tickets_of(house, show);
    // The lock, in record_scan, is left out.
    REQUIRE(house.ask("select pg_get_functiondef('sales.record_scan'::regproc)").find("for update") != std::string::npos);
    house.session().execute("create schema unguarded");
    house.session().execute("do $do$ begin execute replace(replace(pg_get_functiondef('sales.record_scan'::regproc), "
                            "'sales.record_scan(', 'unguarded.record_scan('), 'for update', ''); end $do$");
    std::vector<std::atomic<int>> admitted(tickets.size());
    std::barrier together(crowd_size);
    test::crowd(crowd_size, [&](int number, db::Session& session) {
        for (std::size_t i = 0; i < tickets.size(); ++i) {
            together.arrive_and_wait();
            try {
                admitted[i] += record_scan(session, show, tickets[i], number, "unguarded") == "admitted" ? 1 : 0;
            } catch (const pqxx::unique_violation&) {
                // Two took the same scan number.
            }
        }
    });
    CHECK(std::any_of(admitted.begin(), admitted.end(), [](const auto& count) { return count > 1; }));
    house.session().execute("drop schema unguarded cascade");
}

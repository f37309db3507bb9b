// Payments, refunds and cancelled shows against each other, with real connections. Whoever comes first, there is one
// charge, no money twice, and report.inconsistencies stays empty. The worker of the instance is around too: it opens pages
// that nobody visits, and asks the provider in vain for money that only these cases know of.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <string>
#include <thread>

#include "support/crowd.hpp"
#include "support/house.hpp"

using namespace boxoffice;
using test::House;

namespace {

// The booking that the buyer now holds: `count` places.
std::string hold(db::Session& session, std::int64_t show, std::int64_t buyer, int count) {
    const auto rows = session.execute("select k.id from sales.hold_seats(" + std::to_string(show) + ", " + std::to_string(buyer) +
                                      ", null, " + std::to_string(count) + ", null, false) as h "
                                      "cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k where h.code is null");
    return rows.empty() ? "" : rows[0][0].c_str();
}

// A payment begun as the worker would not answer it: of a page that it has not opened yet. Its authorization is these tests'.
std::string begin_payment(db::Session& session, std::int64_t show, const std::string& booking, std::int64_t buyer) {
    return session.execute("select k.id from sales.begin_payment(" + std::to_string(show) + ", '" + booking + "', " + std::to_string(buyer) +
                           ", null, 'https://shop.example/back') as a "
                           "cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k")[0][0].c_str();
}

// The verdict of a call: its value, or the SQLSTATE it was refused with. Deadlocks and the like are asked again, as the
// server does.
std::string verdict(db::Session& session, std::string_view function, db::Arguments arguments) {
    for (int tries = 0;; ++tries) {
        try {
            return session.value(function, arguments).value_or("");
        } catch (const pqxx::sql_error& error) {
            const std::string& state = error.sqlstate();
            if (tries == 20 || (state != "40001" && state != "40P01")) {
                return state;
            }
        }
    }
}

struct Paid {
    std::string booking, payment;
};

// A booking of `count` places that is paid and whose money was taken.
Paid buy(House& house, std::int64_t show, std::int64_t buyer, int count) {
    Paid paid;
    paid.booking = hold(house.session(), show, buyer, count);
    paid.payment = begin_payment(house.session(), show, paid.booking, buyer);
    house.session().value("sales.complete_payment", {std::to_string(show), paid.payment, "pi_" + paid.payment});
    house.session().value("sales.settle_capture", {std::to_string(show), paid.payment});
    return paid;
}

// The webhook's event of a payment intent.
std::string event(const std::string& id, const std::string& type, std::int64_t show, const std::string& payment) {
    return R"({"id": ")" + id + R"(", "type": "payment_intent.)" + type + R"(", "data": {"object": {"id": "pi_)" + payment +
           R"(", "metadata": {"show_id": ")" + std::to_string(show) + R"(", "payment_id": ")" + payment + R"("}}}})";
}

std::string count(House& house, const std::string& what) { return house.ask("select count(*) from " + what); }

}  // namespace

TEST_CASE("of two windows that pay one booking at once one begins a charge and the other is told") {
    House house;
    constexpr std::size_t rounds = 100;
    const auto buyers = house.buyers(static_cast<int>(rounds));
    const auto show = house.general_show(static_cast<int>(rounds));
    std::array<std::string, rounds> bookings;
    for (std::size_t i = 0; i < rounds; ++i) {
        bookings[i] = hold(house.session(), show, buyers[i], 1);
        REQUIRE(bookings[i] != "");
    }
    std::atomic<std::size_t> begun = 0;
    std::atomic<std::size_t> refused = 0;
    std::barrier together(2);
    test::crowd(2, [&](int number, db::Session& session) {
        for (std::size_t i = 0; i < rounds; ++i) {
            together.arrive_and_wait();
            const std::string answer =
                verdict(session, "sales.begin_payment",
                        {std::to_string(show), bookings[i], std::to_string(buyers[i]), number == 0 ? "pm_card_visa" : "pm_card_mastercard"});
            ++(answer == "BX913" ? refused : begun);
        }
    });
    CHECK(begun == rounds);
    CHECK(refused == rounds);
    const std::string where = " where show_id = " + std::to_string(show);
    CHECK(count(house, "sales.payments" + where) == std::to_string(rounds));
    CHECK(count(house, "ops.outbox" + where + " and kind = 'authorize'") == std::to_string(rounds));
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("16 workers and 16 webhooks that say of one payment that it is authorized and taken sell its seats once") {
    House house;
    constexpr int rounds = 8;
    const auto buyers = house.buyers(rounds);
    const auto show = house.general_show(rounds * 3);
    const std::string id = std::to_string(show);
    for (int round = 0; round < rounds; ++round) {
        const auto buyer = buyers[static_cast<std::size_t>(round)];
        const std::string booking = hold(house.session(), show, buyer, 3);
        const std::string payment = begin_payment(house.session(), show, booking, buyer);
        test::crowd(32, [&](int number, db::Session& session) {
            if (number % 2 == 0) {
                CHECK(verdict(session, "sales.complete_payment", {id, payment, "pi_" + payment}) == "paid");
                CHECK(verdict(session, "sales.settle_capture", {id, payment}) == "succeeded");
            } else {
                // Four senders share an event; what was captured may be heard of before what was authorized.
                const std::string sender = payment + "_" + std::to_string(number / 8);
                const bool is_reversed = number % 4 == 1;
                for (const bool is_capture : {is_reversed, !is_reversed}) {
                    verdict(session, "api.receive_stripe_event",
                            {event((is_capture ? "evt_taken_" : "evt_authorized_") + sender, is_capture ? "succeeded" : "amount_capturable_updated", show, payment)});
                }
            }
        });
        const std::string of_booking = " where show_id = " + id + " and booking_id = '" + booking + "'";
        CHECK(house.ask("select status from sales.bookings" + of_booking) == "paid");
        CHECK(house.ask("select string_agg(status, ',') from sales.payments" + of_booking) == "succeeded");
        CHECK(count(house, "sales.tickets" + of_booking) == "3");
        CHECK(count(house, "ops.outbox where show_id = " + id + " and kind = 'capture' and payload ->> 'payment_id' = '" + payment + "'") == "1");
        CHECK(count(house, "ops.outbox where show_id = " + id + " and payload ->> 'mail' = 'confirmation' and payload ->> 'booking_id' = '" + booking + "'") == "1");
    }
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("a payment that some say failed and others say authorized is paid, or given back once and the seats still held") {
    House house;
    constexpr int rounds = 12;
    const auto buyers = house.buyers(rounds);
    const auto show = house.general_show(rounds);
    const std::string id = std::to_string(show);
    for (int round = 0; round < rounds; ++round) {
        const auto buyer = buyers[static_cast<std::size_t>(round)];
        const std::string booking = hold(house.session(), show, buyer, 1);
        const std::string payment = begin_payment(house.session(), show, booking, buyer);
        test::crowd(32, [&](int number, db::Session& session) {
            if (number % 2 == 0) {
                verdict(session, "sales.complete_payment", {id, payment, "pi_" + payment});
            } else {
                verdict(session, "sales.fail_payment", {id, payment, "card_declined", "pi_" + payment});
            }
        });
        const bool is_paid = house.ask("select status from sales.payments where show_id = " + id + " and payment_id = '" + payment + "'") == "authorized";
        const std::string work = "ops.outbox where show_id = " + id + " and payload ->> 'payment_id' = '" + payment + "' and kind = ";
        CHECK(house.ask("select status from sales.bookings where show_id = " + id + " and booking_id = '" + booking + "'") == (is_paid ? "paid" : "held"));
        CHECK(count(house, work + "'capture'") == (is_paid ? "1" : "0"));
        CHECK(count(house, work + "'void'") == (is_paid ? "0" : "1"));
    }
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("refunds of overlapping seats at once give each seat's money back once") {
    House house;
    constexpr int rounds = 10;
    const auto buyers = house.buyers(rounds);
    const auto show = house.seated_show(rounds, 6);
    const std::string id = std::to_string(show);
    for (int round = 0; round < rounds; ++round) {
        const Paid paid = buy(house, show, buyers[static_cast<std::size_t>(round)], 6);
        const std::string of_booking = " where show_id = " + id + " and booking_id = '" + paid.booking + "'";
        std::array<std::string, 6> seats;
        for (std::size_t i = 0; i < seats.size(); ++i) {
            seats[i] = house.ask("select seat from sales.tickets" + of_booking + " order by seat_no offset " + std::to_string(i) + " limit 1");
        }
        std::atomic<int> made = 0;
        test::crowd(12, [&](int number, db::Session& session) {
            const auto first = static_cast<std::size_t>(number) % 6;
            const db::Argument list = number % 12 == 11 ? db::Argument() : "{" + seats[first] + "," + seats[(first + 1) % 6] + "}";
            const std::string answer =
                verdict(session, "sales.refund_booking", {id, paid.booking, std::to_string(buyers[0]), "a reason", "true", list});
            CHECK((answer == "BX905" || answer.find("booking_id") != std::string::npos));
            made += answer == "BX905" ? 0 : 1;
        });
        CHECK(made > 0);
        verdict(house.session(), "sales.refund_booking", {id, paid.booking, std::to_string(buyers[0]), "the rest", "true"});
        CHECK(house.ask("select status || ' ' || amount_minor from sales.bookings" + of_booking) == "refunded 7200");
        CHECK(house.ask("select refunded_minor from sales.payments" + of_booking + " and kind = 'charge'") == "7200");
        CHECK(house.ask("select sum(amount_minor) from sales.payments" + of_booking + " and kind = 'refund'") == "7200");
        CHECK(house.ask("select count(distinct k.seat_no) || ' ' || count(*) from sales.payments as p cross join lateral unnest(p.seat_nos) as k (seat_no)" +
                        of_booking) == "6 6");
    }
    CHECK(house.inconsistencies() == "");
}

TEST_CASE("a show that is cancelled while people hold, pay, wait and give back ends with nobody charged") {
    House house;
    constexpr int crowd_size = 24;
    const auto buyers = house.buyers(crowd_size + 1);
    for (int round = 0; round < 4; ++round) {
        const auto show = house.general_show(40);
        const std::string id = std::to_string(show);
        std::atomic<int> sold = 0;
        test::crowd(crowd_size, [&](int number, db::Session& session) {
            const auto buyer = buyers[static_cast<std::size_t>(number)];
            if (number == 0) {
                while (sold < 6) {
                    std::this_thread::yield();
                }
                verdict(session, "sales.cancel_show", {id, std::to_string(buyers.back()), "Fire."});
                return;
            }
            if (number < 4) {
                for (int i = 0; i < 40; ++i) {
                    verdict(session, "sales.settle_cancelled_show", {id, "3"});
                }
                return;
            }
            for (int i = 0; i < 6; ++i) {
                const std::string booking = hold(session, show, buyer, 1 + (number + i) % 3);
                if (booking.empty()) {
                    verdict(session, "waitlist.join_queue", {id, std::to_string(buyer), "2", std::nullopt, "offer"});
                    ++sold;
                    continue;
                }
                try {
                    const std::string payment = begin_payment(session, show, booking, buyer);
                    if (number % 5 == 0) {
                        verdict(session, "sales.fail_payment", {id, payment, "card_declined"});
                    } else {
                        verdict(session, "sales.complete_payment", {id, payment, "pi_" + payment});
                        ++sold;
                    }
                    if (number % 5 == 1) {
                        verdict(session, "sales.settle_capture", {id, payment});
                    }
                    if (number % 3 == 0) {
                        verdict(session, "sales.refund_booking", {id, booking, std::to_string(buyer), "ill"});
                    }
                } catch (const pqxx::sql_error& error) {
                    CHECK(error.sqlstate() == "BX912");
                }
            }
        });
        for (int i = 0; i < 100 && house.session().value("sales.settle_cancelled_show", {id}) != "0"; ++i) {
        }
        const std::string where = " where show_id = " + id;
        CHECK(count(house, "sales.bookings" + where + " and status in ('held', 'paying', 'paid')") == "0");
        CHECK(count(house, "sales.show_seats" + where + " and status <> 'available'") == "0");
        CHECK(count(house, "sales.tickets" + where + " and status <> 'void'") == "0");
        CHECK(count(house, "waitlist.entries" + where + " and status in ('waiting', 'offered')") == "0");
        CHECK(count(house, "sales.payments" + where + " and kind = 'charge' and status in ('authorized', 'succeeded') and refunded_minor <> amount_minor") == "0");
        CHECK(house.inconsistencies() == "");
    }
}

TEST_CASE("reconciliation that runs eight times at once has the worker ask again, and each payment has one charge and one end") {
    House house;
    constexpr int payment_count = 60;
    const auto buyers = house.buyers(payment_count);
    const auto show = house.general_show(payment_count);
    const std::string where = " where show_id = " + std::to_string(show);
    for (int i = 0; i < payment_count; ++i) {
        const auto buyer = buyers[static_cast<std::size_t>(i)];
        // What the provider was asked was given up in the same transaction, so that no worker sees it.
        house.session().execute("begin; select sales.begin_payment(b.show_id, b.booking_id, b.user_id, '" +
                                std::string(i % 4 == 3 ? "pm_card_chargeDeclined" : "pm_card_visa") + "') from sales.bookings as b" + where +
                                " and b.booking_id = '" + hold(house.session(), show, buyer, 1) +
                                "'; update ops.outbox set dead_at = now(), last_error = 'in vain'" + where +
                                " and kind = 'authorize' and dead_at is null; commit");
    }
    house.session().execute("update sales.payments set created_at = now() - interval '1 minute'" + where);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    test::crowd(8, [&](int, db::Session& session) {
        do {
            verdict(session, "ops.reconcile", {});
        } while (!session.execute("select from sales.payments" + where + " and status in ('pending', 'authorized') limit 1").empty() &&
                 std::chrono::steady_clock::now() < end);
    });
    CHECK(house.ask("select string_agg(s.summary, ', ' order by s.summary) from (select status || ' ' || count(*) as summary from sales.payments" +
                    where + " group by status) as s") == "failed 15, succeeded 45");
    CHECK(count(house, "sales.tickets" + where) == "45");
    CHECK(house.ask("select count(*) || ' ' || count(distinct i.metadata ->> 'payment_id') || ' ' || sum(i.amount_received_minor) from sandbox.payment_intents as i "
                    "where i.metadata ->> 'show_id' = '" + std::to_string(show) + "'") == "60 60 54000");
    CHECK(house.inconsistencies() == "");
}

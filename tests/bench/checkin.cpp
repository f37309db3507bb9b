// A door's work: A, check-ins over HTTP to the server, 32 keep-alive clients, each ticket once, spread over eight shows; B, pgbench with
// as many clients calling the same function. Both are durable.
#include <atomic>

#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

namespace {

constexpr int clients = 32;
constexpr int show_count = 8;
constexpr int tickets_of_show = 5'000;

// Tickets as sales make them, without the sales: ten a booking.
void sell(House& house, std::int64_t show) {
    const std::string id = std::to_string(show);
    house.session().execute(
        "begin;"
        "with buyer as (select max(user_id) as user_id from account.users), "
        "known as (insert into sales.buyers (show_id, user_id) select " + id + ", user_id from buyer returning show_id, user_id), "
        "booked as (insert into sales.bookings (show_id, user_id, status, seat_nos, seats, amount_minor, currency, expires_at, held_until, paid_at) "
        " select k.show_id, k.user_id, 'paid', array(select generate_series(n * 10 + 1, n * 10 + 10)), '[]', 12000, 'EUR', now(), now(), now() "
        " from known as k cross join generate_series(0, " + std::to_string(tickets_of_show / 10 - 1) + ") as n returning show_id, booking_id, seat_nos) "
        "insert into sales.tickets (show_id, booking_id, seat_no, seat, tier, price_minor) "
        "select b.show_id, b.booking_id, s, s::text, 'standard', 1200 from booked as b cross join unnest(b.seat_nos) as s; "
        "update sales.show_seats as s set status = 'sold', booking_id = t.booking_id from sales.tickets as t "
        " where t.show_id = " + id + " and s.show_id = t.show_id and s.seat_no = t.seat_no; "
        "commit");
}

}  // namespace

int main() {
    House house;
    const auto staff = house.buyers(1).front();
    house.session().execute("update account.users set role = 'staff' where user_id = " + std::to_string(staff));
    std::int64_t first = 0;
    for (int n = 0; n < show_count; ++n) {
        const std::int64_t show = house.general_show(tickets_of_show);
        first = n == 0 ? show : first;
        sell(house, show);
    }
    const std::string shows = " where show_id between " + std::to_string(first) + " and " + std::to_string(first + show_count - 1);
    // Every turn begins with nobody inside. Neighbours in the list are tickets of different shows.
    const auto reset = [&] {
        house.session().execute("begin; update sales.tickets set status = 'valid', used_at = null, gate = null" + shows +
                                "; delete from sales.ticket_scans" + shows + "; commit; analyze sales.tickets");
    };
    house.session().execute("create table if not exists bench_codes (n bigint primary key, code text); truncate bench_codes; "
                            "insert into bench_codes select row_number() over (order by seat_no, show_id) - 1, "
                            "sales.ticket_code(show_id, ticket_id) from sales.tickets" + shows +
                            "; grant select on bench_codes to public; analyze bench_codes");
    std::vector<std::string> requests;
    for (const auto& row : house.session().execute("select code from bench_codes order by n")) {
        const std::string body = R"({"code":")" + std::string(row[0].c_str()) + R"(","gate":"North"})";
        requests.push_back(head("POST", "/api/v1/checkin", House::token_of(staff)) + "Content-Type: application/json\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    const auto over_http = [&] {
        reset();
        return measure({.url = setting("BOXOFFICE_SERVER_URL"),
                        .clients = clients,
                        .duration = turn_length(),
                        .request = [&](auto number, auto& bytes) { bytes += requests.at(number); }},
                       200, processes({"server", "postgres"}));
    };
    const auto by_pgbench = [&] {
        reset();
        return measure_pgbench("\\set n :n + 1\n"
                               "\\set k :n * :clients + :client_id\n"
                               "select api.check_in(:staff, (select code from bench_codes where n = :k), 'North');\n",
                               clients,
                               {"n=-1", "clients=" + std::to_string(clients), "staff=" + std::to_string(staff)});
    };
    const int status = compare({.name = "checkin", .unit = "check-ins/s", .least = 0.7, .a = over_http, .b = by_pgbench});
    house.session().execute("drop table bench_codes");
    return status;
}

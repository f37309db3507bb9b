// Giving a hold back while 10,000 and more wait for its show, so that the seat is offered to the first of them in the same
// transaction (A), against giving one back while nobody waits (B). Over HTTP, 32 keep-alive clients, on four shows.
#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

namespace {

constexpr int clients = 32;
constexpr int show_count = 4;
constexpr int places = 30'000;
constexpr int waiting = 30'000;  // at first; each hold given back is one less

class Shows {
public:
    Shows(House& house, const std::vector<std::int64_t>& holders) : house_(house), first_(house.general_show(places)) {
        for (int n = 1; n < show_count; ++n) {
            house.general_show(places);
        }
        const std::string buyers = "array(select u from generate_series(" + std::to_string(holders.front()) + "::bigint + k, " +
                                   std::to_string(holders.front()) + "::bigint + k + 199) as u)";
        for (auto show = first_; show < first_ + show_count; ++show) {
            house.session().execute("select sales.hold_batch(" + std::to_string(show) + ", " + buyers +
                                    ", (select jsonb_agg(jsonb_build_object('n', n, 'quantity', 1)) from generate_series(1, 200) as n)) "
                                    "from generate_series(0, " + std::to_string(places - 200) + ", 200) as k");
        }
    }

    // As joining leaves it, but quicker.
    void let_wait(const std::vector<std::int64_t>& waiters) {
        const std::string of_shows = " from generate_series(" + std::to_string(first_) + ", " + std::to_string(first_ + show_count - 1) +
                                     ") as s cross join generate_series(0, " + std::to_string(waiting - 1) + ") as n";
        const std::string waiter = std::to_string(waiters.front()) + " + n";
        house_.session().execute("begin; insert into sales.buyers (show_id, user_id, claimed_count) select s, " + waiter + ", 1" +
                                 of_shows + "; insert into waitlist.entries (show_id, user_id, position, quantity, mode, expires_at, agreed_price_minor, agreed_starts_at) "
                                 "select s, " + waiter + ", n + 1, 1, 'offer', now() + interval '1 hour', 2500, now() + interval '1 day'" + of_shows +
                                 "; update waitlist.queues set last_position = " + std::to_string(waiting) + ", waiting_count = " +
                                 std::to_string(waiting) + " where show_id >= " + std::to_string(first_) + "; commit");
    }

    // Each booking is given back once, the shows' in turn.
    Turn give_back() {
        if (requests_.empty()) {
            for (const auto& row : house_.session().execute(
                     "select sales.public_id('bk', show_id, booking_id), user_id from sales.bookings where show_id between " +
                     std::to_string(first_) + " and " + std::to_string(first_ + show_count - 1) + " order by user_id, show_id")) {
                requests_.push_back(head("DELETE", "/api/v1/bookings/" + std::string(row[0].c_str()),
                                         House::token_of(row[1].as<std::int64_t>())) + "\r\n");
            }
        }
        const Turn turn = measure({.url = setting("BOXOFFICE_SERVER_URL"),
                                   .clients = clients,
                                   .duration = turn_length(),
                                   .request = [&](auto number, auto& bytes) { bytes += requests_.at(given_back_ + number); }},
                                  204, processes({"server", "postgres"}));
        given_back_ += turn.count;
        return turn;
    }

private:
    House& house_;
    std::int64_t first_;
    std::vector<std::string> requests_;
    std::size_t given_back_ = 0;
};

}  // namespace

int main() {
    House house;
    const auto holders = house.buyers(places);
    const auto waiters = house.buyers(waiting);
    Shows quiet(house, holders);
    Shows crowded(house, holders);
    crowded.let_wait(waiters);
    house.session().execute("vacuum analyze");  // as the house does by itself within a minute or two
    return compare({.name = "waitlist",
                    .unit = "given back/s",
                    .least = 0.5,
                    .a = [&] { return crowded.give_back(); },
                    .b = [&] { return quiet.give_back(); }});
}

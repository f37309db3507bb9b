#include "support/house.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace boxoffice::test {
namespace {

// Argon2id of no password that anybody knows.
constexpr const char* password_hash =
    "'$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('B', 43)";

constexpr const char* one_price = "'{\"standard\": 1200}'";

std::string random_name() {
    static std::atomic<int> number = 0;
    return "house " + std::to_string(++number) + " of " + std::to_string(std::rand());
}

}  // namespace

std::string database_url() {
    const char* url = std::getenv("BOXOFFICE_TEST_DATABASE_URL");
    if (url == nullptr) {
        throw std::runtime_error("BOXOFFICE_TEST_DATABASE_URL is not set; run ./boxoffice test");
    }
    return url;
}

void let_lapse(db::Session& session, std::int64_t show_id) {
    const std::string show = std::to_string(show_id);
    // One at a time: two of them would lock the same rows in different orders. So may one and somebody who begins to pay for a
    // booking that was made between the two updates: then it is done again.
    const std::string lapse = "begin; select pg_advisory_xact_lock(hashtext('let_lapse')); "
                     "update sales.bookings set created_at = now() - interval '400 s', "
                     " expires_at = now() - interval '6 s', held_until = now() - interval '1 s' "
                     " where show_id = " + show + " and status = 'held'; "
                     "update sales.show_seats as s set held_until = b.held_until from sales.bookings as b "
                     " where s.show_id = " + show + " and b.show_id = s.show_id and b.booking_id = s.booking_id "
                     " and b.status = 'held' and s.status = 'held'; commit";
    while (true) {
        try {
            session.execute(lapse);
            return;
        } catch (const pqxx::deadlock_detected&) {
            session.execute("rollback");
        }
    }
}

House::House() : session_(database_url()) {
    session_.execute("insert into catalog.cities (slug, name, country, timezone, latitude, longitude) "
                     "values ('raceville', 'Raceville', 'GB', 'Europe/London', 51.5, -0.1) "
                     "on conflict (slug) do nothing");
    venue_id_ = ask("insert into catalog.venues (city_id, name, address, latitude, longitude) "
                    "select city_id, gen_random_uuid()::text, '1 Race Street', 51.5, -0.1 "
                    "from catalog.cities where slug = 'raceville' returning venue_id");
    event_id_ = ask("insert into catalog.events (kind, title, duration_minutes) "
                    "values ('film', 'The Race', 100) returning event_id");
}

std::int64_t House::general_show(int places) { return show_in("null", std::to_string(places), one_price); }

std::int64_t House::seated_show(int rows, int seats) {
    return show_in("(select jsonb_agg(jsonb_build_object('row', chr(64 + r), 'seats', " + std::to_string(seats) +
                       ") order by r) from generate_series(1, " + std::to_string(rows) + ") as r)",
                   "null", one_price);
}

std::int64_t House::show_in(const std::string& rows, const std::string& places, const std::string& prices) {
    return std::stoll(ask("select sales.create_show(" + event_id_ + ", catalog.create_hall(" + venue_id_ + ", '" +
                          random_name() + "', " + rows + ", " + places +
                          "), now() + interval '3 days', " + prices + ", 'EUR')"));
}

std::vector<std::int64_t> House::buyers(int count) {
    std::vector<std::int64_t> ids;
    const auto rows = session_.execute(
        "with made as ("
        " insert into account.users (email, name, password_hash)"
        " select gen_random_uuid() || '@race.example', 'Racer', " +
        std::string(password_hash) + " from generate_series(1, " + std::to_string(count) +
        ") returning user_id), signed_in as ("
        " insert into account.sessions (token_hash, user_id, expires_at)"
        " select sha256(convert_to('race-token-' || user_id, 'UTF8')), user_id, now() + interval '1 day' from made)"
        " select user_id from made order by user_id");
    for (const auto& row : rows) {
        ids.push_back(row[0].as<std::int64_t>());
    }
    return ids;
}

std::string House::token_of(std::int64_t user_id) { return "race-token-" + std::to_string(user_id); }

std::string House::ask(const std::string& query) {
    const auto rows = session_.execute(query);
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].c_str();
}

std::string House::inconsistencies() {
    return ask("select string_agg(i::text, E'\\n') from report.inconsistencies as i");
}

}  // namespace boxoffice::test

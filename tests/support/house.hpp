// What race and fault tests sell: halls, shows and buyers of their own, made by the same functions that staff use, and
// the question that ends each of them. Connects as BOXOFFICE_TEST_DATABASE_URL says, which is a superuser's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "db/session.hpp"

namespace boxoffice::test {

// The connection string of the database that may be disturbed. Throws std::runtime_error when there is none.
std::string database_url();

// Makes all holds of the show lapse at this moment, without waiting for it.
void let_lapse(db::Session& session, std::int64_t show_id);

class House {
public:
    House();

    // A show of `places` places, all alike; its id.
    std::int64_t general_show(int places);

    // A show in a hall of `rows` rows (A, B, …) of `seats` seats without a gap; its id.
    std::int64_t seated_show(int rows, int seats);

    // A show in a hall of these rows, as catalog.create_hall takes them, or of `places` when they are "null"; prices as
    // sales.create_show takes them. All three are SQL.
    std::int64_t show_in(const std::string& rows, const std::string& places, const std::string& prices);

    // Ids of `count` customers, each with a session whose token is token_of(id).
    std::vector<std::int64_t> buyers(int count);
    static std::string token_of(std::int64_t user_id);

    // The one value of a query, as text; "" for null.
    std::string ask(const std::string& query);

    // The rows of report.inconsistencies as text, "" when there is none, as there should be.
    std::string inconsistencies();

    db::Session& session() { return session_; }

private:
    db::Session session_;
    std::string venue_id_;
    std::string event_id_;
};

}  // namespace boxoffice::test

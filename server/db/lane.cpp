#include "db/lane.hpp"

#include <libpq-fe.h>

#include "db/lane_loop.hpp"

namespace boxoffice::db {

int Rows::rows() const {
    return PQntuples(result_.get());
}

int Rows::columns() const {
    return PQnfields(result_.get());
}

std::optional<std::string_view> Rows::get(int row, int column) const {
    if (PQgetisnull(result_.get(), row, column) != 0) {
        return std::nullopt;
    }
    return std::string_view(PQgetvalue(result_.get(), row, column),
                            static_cast<std::size_t>(PQgetlength(result_.get(), row, column)));
}

void Rows::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

Lanes::Lanes(Options options) : loop_(std::make_unique<Loop>(std::move(options))) {}

Lanes::~Lanes() = default;

bool Lanes::submit(Call&& call) {
    return loop_->submit(std::move(call));
}

void Lanes::stop(std::chrono::milliseconds grace) {
    loop_->stop(grace);
}

Stats Lanes::stats() const {
    return loop_->stats();
}

}  // namespace boxoffice::db

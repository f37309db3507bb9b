#include "db/connection.hpp"

#include <libpq-fe.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/log.hpp"

namespace boxoffice::db {
namespace {

std::string trimmed(const char* message) {
    std::string text = message == nullptr ? "" : message;
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

std::string field(const pg_result* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
}

Failure failure_of(const pg_result* result) {
    Failure failure{field(result, PG_DIAG_SQLSTATE), field(result, PG_DIAG_MESSAGE_PRIMARY),
                    field(result, PG_DIAG_MESSAGE_DETAIL), field(result, PG_DIAG_CONTEXT)};
    if (failure.sqlstate.empty()) {  // libpq itself speaks
        failure.sqlstate = "08006";
        failure.message = trimmed(PQresultErrorMessage(result));
    }
    return failure;
}

void log_notice(void* lane, const pg_result* notice) {
    log::info("database_notice", {{"lane", *static_cast<const std::string*>(lane)},
                                  {"severity", field(notice, PG_DIAG_SEVERITY_NONLOCALIZED)},
                                  {"sqlstate", field(notice, PG_DIAG_SQLSTATE)},
                                  {"message", field(notice, PG_DIAG_MESSAGE_PRIMARY)}});
}

}  // namespace

void Connection::Finish::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

Connection::Connection(const std::string& conninfo, const std::string& lane, int epoll, std::uint64_t tag)
    : conninfo_(conninfo), lane_(lane), epoll_(epoll), tag_(tag) {}

Connection::~Connection() = default;

void Connection::connect(Clock::time_point now) {
    progress_at_ = now;
    connection_.reset(PQconnectStart(conninfo_.c_str()));
    state_ = State::connecting;
    if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) {
        close(connection_ ? trimmed(PQerrorMessage(connection_.get())) : "out of memory");
        return;
    }
    PQsetNoticeReceiver(connection_.get(), log_notice, const_cast<std::string*>(&lane_));
    watch(EPOLLOUT);  // PQconnectPoll wants to be called first when the socket can be written
}

void Connection::advance_connecting(Clock::time_point now) {
    const auto next = PQconnectPoll(connection_.get());
    // libpq may have gone on to another address with another socket.
    watched_ = 0;
    switch (next) {
        case PGRES_POLLING_READING:
            watch(EPOLLIN);
            break;
        case PGRES_POLLING_WRITING:
            watch(EPOLLOUT);
            break;
        case PGRES_POLLING_OK:
            enter_pipeline(now);
            break;
        default:
            close(trimmed(PQerrorMessage(connection_.get())));
            break;
    }
}

void Connection::enter_pipeline(Clock::time_point now) {
    if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) {
        close(trimmed(PQerrorMessage(connection_.get())));
        return;
    }
    state_ = State::up;
    progress_at_ = now;
    prepared_.clear();
    watch(EPOLLIN);
}

void Connection::handle_event(Clock::time_point now, std::vector<Finished>& finished) {
    if (state_ == State::connecting) {
        advance_connecting(now);
        return;
    }
    if (state_ != State::up) {
        return;
    }
    progress_at_ = now;
    const bool is_read = PQconsumeInput(connection_.get()) == 1;
    receive(finished);  // even if the connection broke: answers may have come before
    if (!is_read || PQstatus(connection_.get()) == CONNECTION_BAD) {
        close(trimmed(PQerrorMessage(connection_.get())));
        return;
    }
    flush();
}

bool Connection::send(Job& job, Clock::time_point now) {
    ++job.sendings;
    const bool is_preparing = !is_prepared(job.statement);
    if (!queue_commands(job, is_preparing)) {
        close(trimmed(PQerrorMessage(connection_.get())));
        return false;
    }
    if (in_flight_.empty()) {
        progress_at_ = now;
    }
    prepared_[job.statement] = true;
    in_flight_.push_back({std::move(job), is_preparing, std::nullopt});
    flush();
    return true;
}

bool Connection::is_prepared(std::size_t statement) {
    if (prepared_.size() <= statement) {
        prepared_.resize(statement + 1);
    }
    return prepared_[statement];
}

bool Connection::queue_commands(const Job& job, bool is_preparing) {
    const std::string name = "s" + std::to_string(job.statement);
    if (is_preparing &&
        PQsendPrepare(connection_.get(), name.c_str(), job.call.sql->c_str(), 0, nullptr) != 1) {
        return false;
    }
    std::vector<const char*> values;
    values.reserve(job.call.parameters.size());
    for (const auto& parameter : job.call.parameters) {
        values.push_back(parameter ? parameter->c_str() : nullptr);
    }
    return PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()),
                               values.data(), nullptr, nullptr, 0) == 1 &&
           PQpipelineSync(connection_.get()) == 1;
}

void Connection::receive(std::vector<Finished>& finished) {
    // PQgetResult answers NULL after each command of the pipeline, and twice when there is nothing more.
    bool was_null = false;
    while (!in_flight_.empty() && PQisBusy(connection_.get()) == 0) {
        pg_result* result = PQgetResult(connection_.get());
        if (result != nullptr) {
            take_result(result, finished);
        } else if (was_null) {
            break;
        }
        was_null = result == nullptr;
    }
}

// A result is final only when its Sync has been answered: a commit that fails (a deferred constraint)
// sends its error after the rows.
void Connection::take_result(pg_result* result, std::vector<Finished>& finished) {
    Rows rows(result);
    InFlight& flight = in_flight_.front();
    switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC: {
            Outcome outcome =
                flight.outcome ? std::move(*flight.outcome) : Failure{"08006", "no answer", "", ""};
            finished.push_back({std::move(flight.job), std::move(outcome)});
            in_flight_.pop_front();
            break;
        }
        case PGRES_PIPELINE_ABORTED:
            break;  // follows the error of the same call
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
            if (flight.is_preparing) {
                flight.is_preparing = false;  // Parse succeeded; the answer follows
            } else if (!flight.outcome) {
                flight.outcome = std::move(rows);
            }
            break;
        default: {
            Failure failure = failure_of(result);
            if (flight.is_preparing) {  // calls behind this one fail with 26000; the lane sends them again
                prepared_[flight.job.statement] = false;
                flight.is_preparing = false;
            }
            flight.outcome = std::move(failure);
            break;
        }
    }
}

void Connection::flush() {
    const int left = PQflush(connection_.get());
    if (left < 0) {
        close(trimmed(PQerrorMessage(connection_.get())));
        return;
    }
    watch(left == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void Connection::watch(std::uint32_t events) {
    if (watched_ == events) {
        return;
    }
    const int socket = PQsocket(connection_.get());
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag_;
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) != 0 &&
        (errno != ENOENT || epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0)) {
        close(std::generic_category().message(errno));
        return;
    }
    watched_ = events;
}

void Connection::close(std::string error) {
    connection_.reset();  // closing the socket takes it out of the epoll
    watched_ = 0;
    state_ = State::down;
    error_ = std::move(error);
}

std::deque<Job> Connection::take_lost() {
    std::deque<Job> lost;
    for (InFlight& flight : in_flight_) {
        lost.push_back(std::move(flight.job));
    }
    in_flight_.clear();
    return lost;
}

}  // namespace boxoffice::db

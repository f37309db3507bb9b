#include "db/connection.hpp"

#include <libpq-fe.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/log.hpp"

namespace boxoffice::db {
namespace {

// The first line: what follows it in libpq's messages is advice.
std::string brief(const char* message) {
    const std::string_view text = message == nullptr ? "" : message;
    return std::string(text.substr(0, text.find('\n')));
}

std::string field(const pg_result* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
}

Failure read_failure(const pg_result* result) {
    Failure failure{field(result, PG_DIAG_SQLSTATE), field(result, PG_DIAG_MESSAGE_PRIMARY),
                    field(result, PG_DIAG_MESSAGE_DETAIL), field(result, PG_DIAG_CONTEXT)};
    if (failure.sqlstate.empty()) {  // libpq itself speaks
        failure.sqlstate = "08006";
        failure.message = brief(PQresultErrorMessage(result));
    }
    return failure;
}

bool is_fatal(const pg_result* result) {
    const std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC";
}

// A function was made anew with another result type after the statement was prepared. Nothing was run.
// The SQLSTATE, 0A000, has many meanings; the place in PostgreSQL's source has one.
bool is_stale(const pg_result* result) {
    return field(result, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery" &&
           field(result, PG_DIAG_SQLSTATE) == "0A000";
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
    error_.clear();
    connection_.reset(PQconnectStart(conninfo_.c_str()));
    state_ = State::connecting;
    if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) {
        close(connection_ ? brief(PQerrorMessage(connection_.get())) : "out of memory");
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
            close(brief(PQerrorMessage(connection_.get())));
            break;
    }
}

void Connection::enter_pipeline(Clock::time_point now) {
    if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) {
        close(brief(PQerrorMessage(connection_.get())));
        return;
    }
    state_ = State::up;
    progress_at_ = now;
    statements_.clear();
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
    std::string error = brief(PQerrorMessage(connection_.get()));
    receive(finished);  // even if the connection broke: answers may have come before
    if (!is_read || PQstatus(connection_.get()) == CONNECTION_BAD) {
        close(std::move(error));
        return;
    }
    flush();
}

bool Connection::send(Job& job, Clock::time_point now) {
    ++job.sendings;
    Statement& its_statement = statement(job);
    InFlight flight{std::move(job), its_statement.generation, !its_statement.is_prepared, false,
                    std::nullopt};
    if (!queue_commands(flight)) {
        job = std::move(flight.job);
        close(brief(PQerrorMessage(connection_.get())));
        return false;
    }
    if (in_flight_.empty()) {
        progress_at_ = now;
    }
    its_statement.is_prepared = true;
    in_flight_.push_back(std::move(flight));
    flush();
    return true;
}

Connection::Statement& Connection::statement(const Job& job) {
    if (statements_.size() <= job.statement) {
        statements_.resize(job.statement + 1);
    }
    return statements_[job.statement];
}

bool Connection::queue_commands(const InFlight& flight) {
    const Job& job = flight.job;
    const std::string name = "s" + std::to_string(job.statement) + "_" + std::to_string(flight.generation);
    if (flight.is_preparing &&
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
    // PQisBusy parses what was read, notices too. PQgetResult answers NULL after each command of the
    // pipeline, and twice when there is nothing more.
    bool was_null = false;
    while (PQisBusy(connection_.get()) == 0 && !in_flight_.empty()) {
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
            finished.push_back({std::move(flight.job), std::move(outcome), flight.is_transient});
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
        default:
            flight.outcome = failure_of(flight, result);
            break;
    }
}

// Besides reading it, decides whether the call is sent again, and whether its statement is to be prepared
// again.
Failure Connection::failure_of(InFlight& flight, const pg_result* result) {
    Failure failure = read_failure(result);
    if (is_fatal(result)) {
        error_ = failure.message;  // tells more than the end of the connection that follows
    }
    Statement& its_statement = statement(flight.job);
    if (is_stale(result)) {
        flight.is_transient = true;
        if (flight.generation == its_statement.generation) {
            its_statement = {false, flight.generation + 1, {}};
        }
    } else if (flight.is_preparing) {
        flight.is_preparing = false;
        its_statement = {false, flight.generation, failure};
    } else if (failure.sqlstate == "26000" && !its_statement.refusal.sqlstate.empty()) {
        // It was sent in trust of a Parse that failed, and fails for the same reason.
        return its_statement.refusal;
    }
    flight.is_transient = flight.is_transient || failure.sqlstate == "40001" || failure.sqlstate == "40P01";
    return failure;
}

void Connection::flush() {
    const int left = PQflush(connection_.get());
    if (left < 0) {
        close(brief(PQerrorMessage(connection_.get())));
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
    if (error_.empty()) {
        error_ = std::move(error);
    }
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

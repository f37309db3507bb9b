// Coalescing, with a lane that answers when the test says so: order, bounds, repeats, lost connections,
// memory.
#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "api/coalescer.hpp"

namespace boxoffice::api {

namespace {

struct VerdictRow {
    int n;
    std::string sqlstate;  // empty: null
    std::string body;
};

db::Rows rows_of(const std::vector<VerdictRow>& verdicts) {
    PGresult* result = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    std::string names[] = {"n", "sqlstate", "message", "body"};
    PGresAttDesc columns[4]{};
    for (int i = 0; i < 4; ++i)
        columns[i].name = names[i].data();
    PQsetResultAttrs(result, 4, columns);
    int row = 0;
    for (const VerdictRow& verdict : verdicts) {
        const auto set = [&](int column, std::string text) {
            PQsetvalue(result, row, column, text.data(), static_cast<int>(text.size()));
        };
        set(0, std::to_string(verdict.n));
        if (verdict.sqlstate.empty())
            PQsetvalue(result, row, 1, nullptr, -1);
        else
            set(1, verdict.sqlstate);
        set(2, "message");
        set(3, verdict.body);
        ++row;
    }
    return db::Rows(result);
}

// What was sent, and what has been answered.
class Stage {
public:
    struct Sent {
        std::string key;
        std::string requests;
        std::function<void(db::Outcome&&)> done;
    };

    explicit Stage(Coalescer::Limits limits = {})
        : coalescer(
              limits,
              [this](const std::string& key, std::string requests, std::function<void(db::Outcome&&)> done) {
                  if (is_full)
                      return false;
                  sent.push_back({key, std::move(requests), std::move(done)});
                  return true;
              },
              [](std::string_view sqlstate) { return sqlstate == "BX503"; }) {}

    bool add(const std::string& key, const std::string& name, bool repeatable = false,
             const std::string& sameness = {}) {
        BatchRequest request;
        request.fields = "\"name\":\"" + name + '"';
        request.sameness = sameness;
        request.repeatable = repeatable;
        request.done = [this, name](Verdict&& verdict) {
            const auto* failure = std::get_if<db::Failure>(&verdict);
            answers[name].push_back(failure ? failure->sqlstate + failure->detail
                                            : std::get<std::string>(verdict));
        };
        return coalescer.add(key, request);
    }

    // Ends the oldest batch under way.
    void answer(const std::vector<VerdictRow>& verdicts) { take().done(rows_of(verdicts)); }
    void fail(const char* sqlstate) { take().done(db::Failure{sqlstate, "", "", ""}); }

    Sent take() {
        REQUIRE(!sent.empty());
        Sent batch = std::move(sent.front());
        sent.pop_front();
        return batch;
    }

    bool is_full = false;
    std::deque<Sent> sent;
    std::map<std::string, std::vector<std::string>> answers;
    Coalescer coalescer;
};

using Answers = std::vector<std::string>;

}  // namespace

TEST_CASE("the first request goes at once; what arrives meanwhile goes together, in its order") {
    Stage stage;
    stage.add("7", "a");
    REQUIRE(stage.sent.size() == 1);
    CHECK(stage.sent[0].key == "7");
    CHECK(stage.sent[0].requests == R"([{"n":1,"name":"a"}])");
    stage.add("7", "b");
    stage.add("7", "c");
    CHECK(stage.sent.size() == 1);
    stage.answer({{1, "", "A"}});
    REQUIRE(stage.sent.size() == 1);
    CHECK(stage.sent[0].requests == R"([{"n":1,"name":"b"},{"n":2,"name":"c"}])");
    CHECK(stage.answers["a"] == Answers{"A"});
    stage.answer({{2, "", "C"}, {1, "BX901", "B"}});
    CHECK(stage.answers["b"] == Answers{"BX901B"});
    CHECK(stage.answers["c"] == Answers{"C"});
    CHECK(stage.coalescer.stats().keys == 0);
    CHECK(stage.coalescer.stats().waiting == 0);
}

TEST_CASE("batches of different keys are under way side by side") {
    Stage stage;
    stage.add("7", "a");
    stage.add("8", "b");
    CHECK(stage.sent.size() == 2);
    stage.answer({{1, "", "A"}});
    stage.answer({{1, "", "B"}});
    CHECK(stage.answers["b"] == Answers{"B"});
}

TEST_CASE("a batch has at most so many requests and bytes") {
    Coalescer::Limits limits;
    limits.batch_requests = 3;
    limits.batch_bytes = 25;
    Stage stage(limits);
    for (const char* name : {"a", "b", "c", "d", "e"})
        stage.add("7", name);
    stage.answer({{1, "", "A"}});
    CHECK(stage.sent[0].requests == R"([{"n":1,"name":"b"},{"n":2,"name":"c"}])");
    stage.answer({{1, "", "B"}, {2, "", "C"}});
    stage.add("7", std::string(100, 'x'));
    stage.answer({{1, "", "D"}, {2, "", "E"}});
    CHECK(stage.sent[0].requests.size() > 100);
}

TEST_CASE("who finds no room is told so and is not answered twice") {
    Coalescer::Limits limits;
    limits.waiting_for_key = 2;
    limits.waiting = 3;
    Stage stage(limits);
    for (const char* name : {"a", "b", "c"})
        CHECK(stage.add("7", name));
    CHECK(!stage.add("7", "d"));
    CHECK(stage.add("8", "e"));
    CHECK(stage.add("8", "f"));
    CHECK(!stage.add("8", "g"));
    CHECK(!stage.add("9", "h"));
    CHECK(stage.coalescer.stats().waiting == 3);
    CHECK(stage.answers.empty());

    Coalescer::Limits few_bytes;
    few_bytes.waiting_bytes = 20;
    Stage small(few_bytes);
    CHECK(small.add("7", "a"));
    CHECK(small.add("7", "b"));
    CHECK(!small.add("7", std::string(20, 'x')));
}

TEST_CASE("when the lane is full, those who wait are told that it is busy, and the next is tried again") {
    Stage stage;
    stage.is_full = true;
    stage.add("7", "a");
    CHECK(stage.answers["a"] == Answers{"53300"});
    stage.is_full = false;
    stage.add("7", "b");
    CHECK(stage.sent.size() == 1);
}

TEST_CASE("a busy verdict is tried again three times, before those who came later") {
    Stage stage;
    stage.add("7", "a");
    stage.add("7", "b");
    for (int i = 0; i < 3; ++i) {
        stage.answer({{1, "BX503", "{}"}, {2, "BX503", "{}"}});
        REQUIRE(stage.sent.size() == 1);
        CHECK(stage.sent[0].requests.starts_with(R"([{"n":1,"name":"a"})"));
        CHECK(stage.answers["a"].empty());
    }
    stage.answer({{1, "BX503", "{}"}, {2, "", "B"}});
    CHECK(stage.answers["a"] == Answers{"BX503{}"});
    CHECK(stage.answers["b"] == Answers{"B"});
    CHECK(stage.sent.empty());
}

TEST_CASE(
    "after a lost connection only what may be repeated is sent again; the rest is told that nobody knows") {
    Stage stage;
    stage.add("7", "first");
    stage.add("7", "keyed", true);
    stage.add("7", "plain");
    stage.answer({{1, "", "F"}});
    stage.fail("08006");
    CHECK(stage.answers["plain"] == Answers{"08006"});
    CHECK(stage.answers["keyed"].empty());
    REQUIRE(stage.sent.size() == 1);
    CHECK(stage.sent[0].requests == R"([{"n":1,"name":"keyed"}])");
    stage.fail("08006");
    stage.fail("08006");
    CHECK(stage.answers["keyed"].empty());
    stage.fail("08006");
    CHECK(stage.answers["keyed"] == Answers{"08006"});
    CHECK(stage.sent.empty());
}

TEST_CASE("what was lost once stays unknown, whatever keeps it from being sent again") {
    for (const char* state : {"57014", "53300", "40001"}) {
        Stage stage;
        stage.add("7", "keyed", true);
        stage.fail("08006");
        stage.fail(state);
        CHECK(stage.answers["keyed"] == Answers{"08006"});
    }
    Stage stage;
    stage.add("7", "keyed", true);
    stage.is_full = true;
    stage.fail("08006");
    CHECK(stage.answers["keyed"] == Answers{"08006"});
}

TEST_CASE("a request that cannot be done does not undo its neighbours") {
    Stage stage;
    stage.add("7", "first");
    stage.add("7", "good");
    stage.add("7", "bad");
    stage.answer({{1, "", "F"}});
    stage.fail("22P02");
    CHECK(stage.sent[0].requests == R"([{"n":1,"name":"good"}])");
    stage.add("7", "later");
    stage.answer({{1, "", "G"}});
    CHECK(stage.sent[0].requests == R"([{"n":1,"name":"bad"}])");
    stage.fail("22P02");
    CHECK(stage.sent[0].requests == R"([{"n":1,"name":"later"}])");
    stage.answer({{1, "", "L"}});
    CHECK(stage.answers["good"] == Answers{"G"});
    CHECK(stage.answers["bad"] == Answers{"22P02"});
    CHECK(stage.answers["later"] == Answers{"L"});
}

TEST_CASE("a failure of the database is everybody's, at once") {
    for (const char* state : {"57014", "53300", "40001", "57P01"}) {
        Stage stage;
        stage.add("7", "first");
        stage.add("7", "a", true);
        stage.add("7", "b");
        stage.answer({{1, "", "F"}});
        stage.fail(state);
        CHECK(stage.answers["a"] == Answers{state});
        CHECK(stage.answers["b"] == Answers{state});
        CHECK(stage.sent.empty());
    }
}

TEST_CASE("a request without a verdict is answered all the same") {
    Stage stage;
    stage.add("7", "a");
    stage.answer({{2, "", "B"}, {0, "", "C"}});
    CHECK(stage.answers["a"] == Answers{"XX000"});
}

TEST_CASE("what is sold out is refused from memory, for as long as the verdict says") {
    Stage stage;
    stage.add("7", "a", false, "quantity 2");
    stage.answer({{1, "BX902", R"({"waitlist_open":false,"remember_ms":60})"}});
    CHECK(stage.answers["a"] == Answers{R"(BX902{"waitlist_open":false})"});
    stage.add("7", "b", false, "quantity 2");
    CHECK(stage.sent.empty());
    CHECK(stage.answers["b"] == stage.answers["a"]);
    CHECK(stage.coalescer.stats().answered_from_memory == 1);

    stage.add("7", "other quantity", false, "quantity 1");
    stage.add("8", "other key", false, "quantity 2");
    CHECK(stage.sent.size() == 2);

    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    stage.add("9", "x", false, "quantity 2");
    stage.answer({{1, "", "O"}});
    stage.add("7", "c", false, "quantity 2");
    CHECK(stage.answers["c"].empty());
}

TEST_CASE("memory is for a second at most, and not for requests that differ from all others") {
    Stage stage;
    stage.add("7", "keyed", true, "");
    stage.answer({{1, "BX902", R"({"remember_ms":1000})"}});
    CHECK(stage.answers["keyed"] == Answers{"BX902{}"});
    stage.add("7", "again", true, "");
    CHECK(stage.sent.size() == 1);
    stage.answer({{1, "", "A"}});

    stage.add("7", "long", false, "s");
    stage.answer({{1, "BX902", R"({"remember_ms":3600000})"}});
    std::this_thread::sleep_for(std::chrono::milliseconds(1050));
    stage.add("7", "later", false, "s");
    CHECK(stage.sent.size() == 1);
}

TEST_CASE("memory is bounded") {
    Coalescer::Limits limits;
    limits.remembered = 10;
    Stage stage(limits);
    for (int i = 0; i < 100; ++i) {
        const std::string name = std::to_string(i);
        stage.add("7", name, false, name);
        stage.answer({{1, "BX902", R"({"remember_ms":1000})"}});
    }
    for (int i = 0; i < 100; ++i)
        stage.add("7", "again", false, std::to_string(i));
    CHECK(stage.coalescer.stats().answered_from_memory == 10);
}

TEST_CASE("many threads, one answer each") {
    std::mutex mutex;
    std::deque<std::pair<size_t, std::function<void(db::Outcome &&)>>> under_way;
    bool is_over = false;
    Coalescer coalescer(
        {},
        [&](const std::string&, const std::string& requests, std::function<void(db::Outcome &&)> done) {
            size_t count = 0;
            for (size_t at = requests.find("\"n\":"); at != std::string::npos;
                 at = requests.find("\"n\":", at + 1))
                ++count;
            const std::lock_guard lock(mutex);
            under_way.emplace_back(count, std::move(done));
            return true;
        },
        [](std::string_view) { return false; });
    std::thread lane([&] {
        for (;;) {
            std::unique_lock lock(mutex);
            if (under_way.empty()) {
                if (is_over)
                    return;
                lock.unlock();
                std::this_thread::yield();
                continue;
            }
            auto [count, done] = std::move(under_way.front());
            under_way.pop_front();
            lock.unlock();
            std::vector<VerdictRow> verdicts;
            for (size_t n = 1; n <= count; ++n)
                verdicts.push_back({static_cast<int>(n), "", "ok"});
            done(rows_of(verdicts));
        }
    });
    constexpr int per_thread = 5000;
    std::atomic<int> answered{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> clients;
    for (int client = 0; client < 4; ++client)
        clients.emplace_back([&, client] {
            for (int i = 0; i < per_thread; ++i) {
                BatchRequest request;
                request.fields = "\"a\":1";
                request.done = [&answered](Verdict&&) { ++answered; };
                if (!coalescer.add(std::to_string((client + i) % 3), request))
                    ++refused;
            }
        });
    for (std::thread& client : clients)
        client.join();
    while (coalescer.stats().keys > 0)
        std::this_thread::yield();
    {
        const std::lock_guard lock(mutex);
        is_over = true;
    }
    lane.join();
    CHECK(answered + refused == 4 * per_thread);
    CHECK(coalescer.stats().waiting == 0);
}

}  // namespace boxoffice::api

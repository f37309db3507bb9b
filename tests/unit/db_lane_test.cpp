// Lanes at peace: answers, errors, pipelines, bounds and stopping.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "base/settings.hpp"
#include "unit/db_lane_fixture.hpp"

namespace boxoffice::db {

TEST_CASE("a call is answered with its rows, and NULL is not an empty text") {
    Lanes lanes(lane_options(2, 4));
    const Outcome outcome =
        ask(lanes, "select $1::int + n, $2::text, $3::text from generate_series(1, 3) as n",
            {"40", "", std::nullopt});
    const Rows& rows = std::get<Rows>(outcome);
    REQUIRE(rows.rows() == 3);
    REQUIRE(rows.columns() == 3);
    CHECK(rows.get(1, 0) == "42");
    CHECK(rows.get(1, 1) == "");
    CHECK_FALSE(rows.get(1, 2));
}

TEST_CASE("a failure carries SQLSTATE, message, detail and context") {
    Lanes lanes(lane_options(1, 1));
    Session(Cluster::instance().url()).execute(R"(
        create or replace function public.refuse() returns int language plpgsql as $$
        begin
            raise exception using errcode = 'BX001', message = 'C-7 is gone', detail = '{"taken": ["C-7"]}';
        end $$)");
    const Outcome outcome = ask(lanes, "select public.refuse()");
    const Failure& failure = std::get<Failure>(outcome);
    CHECK(failure.sqlstate == "BX001");
    CHECK(failure.message == "C-7 is gone");
    CHECK(failure.detail == R"({"taken": ["C-7"]})");
    CHECK(failure.context.find("public.refuse()") != std::string::npos);
}

TEST_CASE("an error in the middle of a pipeline spoils no neighbour") {
    Lanes lanes(lane_options(1, 32));
    std::vector<std::future<Outcome>> futures;
    for (int number = 0; number < 300; ++number) {
        futures.push_back(submit(lanes, make_call("select 100 / $1::int", {std::to_string(number % 3)})));
    }
    for (int number = 0; number < 300; ++number) {
        const std::string expected[] = {"22012", "100", "50"};
        CHECK(text_of(answer(std::move(futures[static_cast<std::size_t>(number)]))) == expected[number % 3]);
    }
}

TEST_CASE("a statement that cannot be prepared fails for itself only, and works once it can be") {
    Lanes lanes(lane_options(1, 32));
    Session session(Cluster::instance().url());
    session.execute("drop function if exists public.late()");
    std::vector<std::future<Outcome>> futures;
    for (int number = 0; number < 60; ++number) {
        futures.push_back(submit(lanes, make_call(number % 2 == 0 ? "select public.late()" : "select 1")));
    }
    for (int number = 0; number < 60; ++number) {
        CHECK(text_of(answer(std::move(futures[static_cast<std::size_t>(number)]))) ==
              (number % 2 == 0 ? "42883" : "1"));
    }
    session.execute("create function public.late() returns int language sql as 'select 7'");
    CHECK(text_of(ask(lanes, "select public.late()")) == "7");
    session.execute(
        "drop function public.late(); create function public.late() returns int language sql as 'select 8'");
    CHECK(text_of(ask(lanes, "select public.late()")) == "8");
}

TEST_CASE("a function that is made anew with another result type is called on as if nothing had been") {
    Lanes lanes(lane_options(1, 16));
    Session session(Cluster::instance().url());
    session.execute(
        "drop function if exists public.changing(); "
        "create function public.changing() returns int language sql as 'select 7'");
    CHECK(text_of(ask(lanes, "select public.changing()")) == "7");
    session.execute(
        "drop function public.changing(); "
        "create function public.changing() returns text language sql as $$select 'seven'$$");
    std::vector<std::future<Outcome>> futures;
    for (int number = 0; number < 50; ++number) {
        futures.push_back(submit(lanes, make_call("select public.changing()")));
    }
    for (auto& future : futures) {
        CHECK(text_of(answer(std::move(future))) == "seven");
    }
    CHECK(lanes.stats().resent > 0);
}

TEST_CASE("a commit that fails is a failure although its rows came") {
    Session(Cluster::instance().url()).execute(R"(
        drop table if exists public.child, public.parent;
        create table public.parent (id int primary key);
        create table public.child (id int references public.parent deferrable initially deferred))");
    Lanes lanes(lane_options(1, 8));
    auto before = submit(lanes, make_call("insert into public.parent values (1) returning id"));
    auto orphan = submit(lanes, make_call("insert into public.child values (2) returning id"));
    auto after = submit(lanes, make_call("insert into public.child values (1) returning id"));
    CHECK(text_of(answer(std::move(before))) == "1");
    CHECK(text_of(answer(std::move(orphan))) == "23503");
    CHECK(text_of(answer(std::move(after))) == "1");
    CHECK(text_of(ask(lanes, "select count(*) from public.child")) == "1");
}

TEST_CASE("a read lane cannot write") {
    Options options = lane_options(1, 8);
    options.read_only = true;
    Lanes lanes(options);
    CHECK(text_of(ask(lanes, "select set_config('a.b', 'c', false)")) == "c");
    CHECK(text_of(ask(lanes, "create table public.never (id int)")) == "25006");
}

TEST_CASE("a statement that takes too long is cancelled, and its neighbours are not") {
    Options options = lane_options(1, 8);
    options.statement_timeout = 100ms;
    Lanes lanes(options);
    auto slow = submit(lanes, make_call("select pg_sleep(20)"));
    auto quick = submit(lanes, make_call("select 1"));
    CHECK(text_of(answer(std::move(slow))) == "57014");
    CHECK(text_of(answer(std::move(quick))) == "1");
}

TEST_CASE("a call that waits past its deadline fails while the slow one before it goes on") {
    Lanes lanes(lane_options(1, 1));
    auto slow = submit(lanes, make_call("select pg_sleep(1)"));
    const auto start = std::chrono::steady_clock::now();
    CHECK(text_of(ask(lanes, make_call("select 1", {}, 50ms))) == "57014");
    const auto waited = std::chrono::steady_clock::now() - start;
    CHECK(waited >= 50ms);
    CHECK(waited < 800ms);
    CHECK(lanes.stats().timed_out == 1);
    CHECK(std::holds_alternative<Rows>(answer(std::move(slow))));
}

TEST_CASE("a full queue takes no more and leaves the call untouched") {
    Options options = lane_options(1, 1);
    options.max_queue = 3;
    Lanes lanes(options);
    REQUIRE(eventually([&lanes] { return lanes.stats().connected == 1; }));
    std::vector<std::future<Outcome>> futures;
    futures.push_back(submit(lanes, make_call("select pg_sleep(0.5)")));
    REQUIRE(eventually([&lanes] { return lanes.stats().in_flight == 1; }));
    for (int number = 0; number < 3; ++number) {
        futures.push_back(submit(lanes, make_call("select 1")));
    }
    Call refused = make_call("select 1", {"kept"});
    CHECK_FALSE(lanes.submit(std::move(refused)));
    CHECK(refused.parameters.front() == "kept");
    CHECK(lanes.stats().queued == 3);
    for (auto& future : futures) {
        CHECK(std::holds_alternative<Rows>(answer(std::move(future))));
    }
    CHECK(text_of(ask(lanes, "select 2")) == "2");
}

TEST_CASE("serialization failures are sent again three times and no more") {
    Session(Cluster::instance().url()).execute(R"(
        drop sequence if exists public.attempts;
        create sequence public.attempts;
        create or replace function public.conflict(p_until int) returns bigint language plpgsql as $$
        declare v_attempt bigint := nextval('public.attempts');
        begin
            if v_attempt < p_until then
                raise exception using errcode = '40001';
            end if;
            return v_attempt;
        end $$)");
    Lanes lanes(lane_options(1, 1));
    CHECK(text_of(ask(lanes, "select public.conflict($1)", {"4"})) == "4");
    CHECK(text_of(ask(lanes, "select public.conflict($1)", {"100"})) == "40001");
    CHECK(text_of(ask(lanes, "select last_value from public.attempts")) == "8");
    CHECK(lanes.stats().resent == 6);
}

TEST_CASE("a text with a NUL byte is refused, not cut") {
    Lanes lanes(lane_options(1, 1));
    CHECK(text_of(ask(lanes, "select $1::text", {std::string("a\0b", 3)})) == "22021");
}

TEST_CASE("arguments and answers of megabytes pass through full sockets in both directions") {
    Lanes lanes(lane_options(1, 16));
    const std::string big(3 << 20, 'x');
    std::vector<std::future<Outcome>> futures;
    for (int number = 0; number < 12; ++number) {
        futures.push_back(submit(lanes, make_call("select $1::text || $2", {big, std::to_string(number)})));
    }
    for (int number = 0; number < 12; ++number) {
        CHECK(text_of(answer(std::move(futures[static_cast<std::size_t>(number)]))) ==
              big + std::to_string(number));
    }
}

TEST_CASE("10,000 calls from four threads each get their own answer") {
    for (const auto& [connections, depth] : {std::pair<std::size_t, std::size_t>{2, 16}, {8, 1}}) {
        Lanes lanes(lane_options(connections, depth));
        std::atomic<int> right = 0;
        std::atomic<int> ended = 0;
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&lanes, &right, &ended, thread] {
                for (int number = 0; number < 2500; ++number) {
                    const std::string text = std::to_string(thread) + "/" + std::to_string(number);
                    Call call = make_call("select $1::text", {text});
                    call.done = [text, &right, &ended](Outcome&& outcome) {
                        right += text_of(outcome) == text ? 1 : 0;
                        ++ended;
                    };
                    lanes.submit(std::move(call));
                }
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        CHECK(eventually([&ended] { return ended == 10000; }));
        CHECK(right == 10000);
        CHECK(lanes.stats().completed == 10000);
        CHECK(lanes.stats().queued == 0);
    }
}

TEST_CASE("calls are spread over the connections, the least loaded first") {
    Lanes lanes(lane_options(4, 4));
    REQUIRE(eventually([&lanes] { return lanes.stats().connected == 4; }));
    std::vector<std::future<Outcome>> futures;
    for (int number = 0; number < 4; ++number) {
        futures.push_back(submit(lanes, make_call("select pg_backend_pid(), pg_sleep(0.3)")));
    }
    std::vector<std::string> backends;
    for (auto& future : futures) {
        backends.push_back(text_of(answer(std::move(future))));
    }
    std::sort(backends.begin(), backends.end());
    CHECK(std::unique(backends.begin(), backends.end()) == backends.end());
}

TEST_CASE("a call may be submitted from within the answer to another") {
    Lanes lanes(lane_options(1, 1));
    std::promise<std::string> second;
    Call call = make_call("select 1");
    call.done = [&lanes, &second](Outcome&&) {
        Call next = make_call("select 2");
        next.done = [&second](Outcome&& outcome) { second.set_value(text_of(outcome)); };
        lanes.submit(std::move(next));
    };
    lanes.submit(std::move(call));
    CHECK(second.get_future().get() == "2");
}

TEST_CASE("stopping lets calls end within the grace and takes no new ones") {
    Lanes lanes(lane_options(1, 1));
    auto first = submit(lanes, make_call("select 1 from pg_sleep(0.2)"));
    auto second = submit(lanes, make_call("select 2"));
    lanes.stop(10s);
    CHECK(text_of(answer(std::move(first))) == "1");
    CHECK(text_of(answer(std::move(second))) == "2");
    CHECK_FALSE(lanes.submit(make_call("select 3")));
    lanes.stop(0ms);
}

TEST_CASE("stopping without grace fails what is under way as unknown and what waits as never sent") {
    Lanes lanes(lane_options(1, 1));
    REQUIRE(eventually([&lanes] { return lanes.stats().connected == 1; }));
    auto first = submit(lanes, make_call("select pg_sleep(3)"));
    REQUIRE(eventually([&lanes] { return lanes.stats().in_flight == 1; }));
    auto second = submit(lanes, make_call("select 2"));
    lanes.stop(0ms);
    CHECK(text_of(answer(std::move(first))) == "08006");
    CHECK(text_of(answer(std::move(second))) == "57P01");
}

TEST_CASE("a connection string that cannot be read is refused at once") {
    Options options;
    options.conninfo = "colour=red";
    CHECK_THROWS_AS(Lanes{options}, SettingsError);
}

}  // namespace boxoffice::db

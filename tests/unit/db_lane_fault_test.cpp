// Lanes in trouble: backends killed under way, PostgreSQL restarted or away.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "unit/db_lane_fixture.hpp"

namespace boxoffice::db {
namespace {

// Kills the backends that are running a statement which contains `text`.
void kill_backends_running(Session& session, const std::string& text) {
    const std::string running =
        "from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%" + text +
        "%'";
    REQUIRE(eventually([&] { return !session.execute("select 1 " + running).empty(); }));
    session.execute("select pg_terminate_backend(pid, 5000) " + running);
}

}  // namespace

TEST_CASE("a read whose backend is killed is sent again and answered") {
    Lanes lanes(lane_options(1, 4));
    Session killer(Cluster::instance().url());
    Call slow = make_call("select 'answered' from pg_sleep(1) /* read to be killed */");
    slow.retry = true;
    Call neighbour = make_call("select 'too'");
    neighbour.retry = true;
    auto first = submit(lanes, std::move(slow));
    auto second = submit(lanes, std::move(neighbour));
    kill_backends_running(killer, "read to be killed");
    CHECK(text_of(answer(std::move(first))) == "answered");
    CHECK(text_of(answer(std::move(second))) == "too");
    CHECK(lanes.stats().reconnects == 1);
    CHECK(lanes.stats().resent == 2);
}

TEST_CASE("a read that kills every backend is given up after four") {
    Lanes lanes(lane_options(1, 1));
    Call call = make_call("select pg_terminate_backend(pg_backend_pid(), 1000)");
    call.retry = true;
    CHECK(text_of(ask(lanes, std::move(call))) == "08006");
    CHECK(lanes.stats().resent == 3);
    CHECK(text_of(ask(lanes, "select 1")) == "1");
}

TEST_CASE("a write whose backend is killed fails with 08006, and what waited behind it is done") {
    Lanes lanes(lane_options(1, 1));
    Session killer(Cluster::instance().url());
    auto first = submit(lanes, make_call("select pg_sleep(20) /* write to be killed */"));
    auto second = submit(lanes, make_call("select 'done'"));
    kill_backends_running(killer, "write to be killed");
    const Outcome outcome = answer(std::move(first));
    CHECK(text_of(outcome) == "08006");
    CHECK(std::get<Failure>(outcome).message.find("terminating connection") != std::string::npos);
    CHECK(text_of(answer(std::move(second))) == "done");
}

TEST_CASE("when PostgreSQL restarts, idle lanes connect again and waiting calls are answered") {
    const Cluster& cluster = Cluster::instance();
    Lanes lanes(lane_options(4, 1));
    REQUIRE(eventually([&lanes] { return lanes.stats().connected == 4; }));
    cluster.stop();
    REQUIRE(eventually([&lanes] { return lanes.stats().connected == 0; }));
    auto waiting = submit(lanes, make_call("select 'patience'"));
    auto impatient = submit(lanes, make_call("select 1", {}, 100ms));
    CHECK(text_of(answer(std::move(impatient))) == "57014");
    cluster.start();
    CHECK(text_of(answer(std::move(waiting))) == "patience");
    CHECK(eventually([&lanes] { return lanes.stats().connected == 4; }));
    CHECK(lanes.stats().reconnects == 4);
}

TEST_CASE("what was under way when PostgreSQL went away stays unknown, though it may be sent again") {
    const Cluster& cluster = Cluster::instance();
    Lanes lanes(lane_options(1, 1));
    Call call = make_call("select pg_sleep(20) /* to be lost */", {}, 2s);
    call.retry = true;
    auto lost = submit(lanes, std::move(call));
    REQUIRE(eventually([&lanes] { return lanes.stats().in_flight == 1; }));
    cluster.stop();
    const Outcome outcome = answer(std::move(lost));
    cluster.start();
    CHECK(text_of(outcome) == "08006");
}

TEST_CASE("no call is lost or answered twice while PostgreSQL restarts under load") {
    const Cluster& cluster = Cluster::instance();
    Session(cluster.url())
        .execute("drop table if exists public.entries; create table public.entries (n int primary key)");
    Options options = lane_options(4, 1);
    std::atomic<int> submitted = 0;
    std::atomic<int> ended = 0;
    std::atomic<int> acknowledged = 0;
    std::atomic<int> unknown = 0;
    std::atomic<bool> is_over = false;
    Lanes lanes(options);
    std::thread client([&] {
        while (!is_over) {
            Call call = make_call("insert into public.entries (n) values ($1) returning n",
                                  {std::to_string(submitted)});
            call.done = [&](Outcome&& outcome) {
                acknowledged += std::holds_alternative<Rows>(outcome) ? 1 : 0;
                unknown += text_of(outcome) == "08006" ? 1 : 0;
                ++ended;
            };
            submitted += lanes.submit(std::move(call)) ? 1 : 0;
            std::this_thread::sleep_for(200us);
        }
    });
    for (int restart = 0; restart < 2; ++restart) {
        std::this_thread::sleep_for(200ms);
        cluster.stop();
        cluster.start();
    }
    std::this_thread::sleep_for(200ms);
    is_over = true;
    client.join();
    CHECK(eventually([&] { return ended == submitted; }));
    lanes.stop(1s);
    CHECK(ended == submitted);
    CHECK(acknowledged + unknown == submitted);
    CHECK(unknown <= 8);  // at most what was under way at each stop
    const int stored = Session(cluster.url()).execute("select count(*) from public.entries")[0][0].as<int>();
    CHECK(stored >= acknowledged);
    CHECK(stored <= acknowledged + unknown);
}

TEST_CASE("lanes that never reach PostgreSQL fail each call at its deadline") {
    Options options = lane_options(2, 1);
    options.conninfo = "host=/nonexistent user=nobody dbname=none";
    Lanes lanes(options);
    CHECK(text_of(ask(lanes, make_call("select 1", {}, 150ms))) == "57014");
    CHECK(lanes.stats().connected == 0);
}

TEST_CASE("lanes work with fewer connections than they want when PostgreSQL grants no more") {
    Lanes lanes(lane_options(60, 1));  // the cluster has 50
    std::vector<std::future<Outcome>> futures;
    for (int number = 0; number < 100; ++number) {
        futures.push_back(submit(lanes, make_call("select 1 from pg_sleep(0.01)")));
    }
    for (auto& future : futures) {
        CHECK(text_of(answer(std::move(future))) == "1");
    }
}

}  // namespace boxoffice::db

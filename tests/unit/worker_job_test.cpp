// Rows of the outbox as jobs, and forms as the provider wants them.
#include <doctest/doctest.h>

#include "unit/db_cluster.hpp"
#include "worker/form.hpp"
#include "worker/job.hpp"
#include "worker/outbox.hpp"

using boxoffice::db::Cluster;
using boxoffice::db::Session;
using boxoffice::worker::encode;
using boxoffice::worker::Job;
using boxoffice::worker::JobError;
using boxoffice::worker::Outbox;

TEST_CASE("a row of the outbox becomes a job") {
    const Job job(R"({"show_id": 7, "outbox_id": "3f0c", "kind": "capture", "attempt_count": 2,
                      "created_at": 1700000000, "payload": {"amount": 2400, "provider_ref": "pi_1"}})");
    CHECK(job.kind() == "capture");
    CHECK(job.show_id() == "7");
    CHECK(job.outbox_id() == "3f0c");
    CHECK(job.created_at() == 1700000000);
    CHECK(job.attempt_count() == 2);
    CHECK(job.text("provider_ref") == "pi_1");
}

TEST_CASE("whole numbers of a payload are read as text, and what is missing is an error that names it") {
    const Job job(R"({"show_id": 7, "outbox_id": "3f0c", "kind": "capture", "attempt_count": 1,
                      "created_at": 1, "payload": {"amount": 2400, "nothing": null}})");
    CHECK(job.text("amount") == "2400");
    CHECK_THROWS_WITH_AS(job.text("currency"), "capture: the payload has no currency", JobError);
    CHECK_THROWS_AS(job.text("nothing"), JobError);
}

TEST_CASE("what is no row of the outbox is refused") {
    CHECK_THROWS_AS(Job("{}"), JobError);
    CHECK_THROWS_AS(Job("nonsense"), JobError);
    CHECK_THROWS_AS(Job(R"({"show_id": "7", "outbox_id": "3f0c", "kind": "capture", "attempt_count": 1,
                            "created_at": 1, "payload": {}})"),
                    JobError);
}

TEST_CASE("a fault in a row of the outbox does not show its payload") {
    CHECK_THROWS_WITH_AS(Job(R"({"show_id" : "7", "outbox_id" : "3f0c", "payload" : {"card": "secret"}})"),
                         R"(not a row of the outbox: {"show_id" : "7", "outbox_id" : "3f0c")", JobError);
}

TEST_CASE("a row that is no job is given up with the reason, and keeps nobody from the others") {
    const std::string url = Cluster::instance().url();
    Session session(url);
    session.execute(R"(
        create schema ops;
        create table ops.given_up (show_id bigint, n integer, why text);
        create function ops.claim_outbox(text, text[], integer, integer)
        returns table (job json, show_id bigint, outbox_id integer)
        language sql as $$
            select
                json_build_object('show_id', 7, 'outbox_id', n::text, 'kind', 'void', 'created_at', 1,
                                  'attempt_count', 1, 'payload', payload),
                7, n
            from (values (1, '{}'::json), (2, '["secret"]'), (3, '{}'),
                         (4, json_build_object('secret', 1e400::numeric))) as rows (n, payload)
        $$;
        create function ops.give_up_outbox(bigint, integer, text) returns void
        language sql as 'insert into ops.given_up values ($1, $2, $3)'
    )");
    const auto jobs = Outbox(url).claim("test", {"void"}, 4);
    const auto dead = session.execute("select show_id, n, why from ops.given_up order by n");
    session.execute("drop schema ops cascade");
    REQUIRE(jobs.size() == 2);
    CHECK(jobs[0].outbox_id() == "1");
    CHECK(jobs[1].outbox_id() == "3");
    REQUIRE(dead.size() == 2);
    for (const auto& row : dead) {
        CAPTURE(row["n"].as<int>());
        CHECK(row["show_id"].as<int>() == 7);
        CHECK(row["why"].as<std::string>().starts_with("not a row of the outbox: "));
        CHECK(row["why"].as<std::string>().find("secret") == std::string::npos);
    }
    CHECK(dead[0]["n"].as<int>() == 2);
    CHECK(dead[1]["n"].as<int>() == 4);
}

TEST_CASE("a form is percent-encoded, brackets too") {
    CHECK(encode({}).empty());
    CHECK(encode({{"metadata[a]", "1 & 2"}, {"name", "Größe"}}) ==
          "metadata%5Ba%5D=1%20%26%202&name=Gr%C3%B6%C3%9Fe");
}

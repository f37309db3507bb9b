// Rows of the outbox as jobs, and forms as the provider wants them.
#include <doctest/doctest.h>

#include "worker/form.hpp"
#include "worker/job.hpp"

using boxoffice::worker::encode;
using boxoffice::worker::Job;
using boxoffice::worker::JobError;

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

TEST_CASE("a form is percent-encoded, brackets too") {
    CHECK(encode({}).empty());
    CHECK(encode({{"metadata[a]", "1 & 2"}, {"name", "Größe"}}) ==
          "metadata%5Ba%5D=1%20%26%202&name=Gr%C3%B6%C3%9Fe");
}

// What the parts may do to each other and to the database, seen from the machine they run on.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { refused } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, home, pidOf, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const isRoot = process.getuid() === 0;
const parts = ["postgres", "sandbox", "server", "worker", "gateway"];

test("started by root, each part has a user of its own, and none is root", { skip: !isRoot }, () => {
    const users = parts.map((part) => /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pidOf(part)}/status`, "utf8"))[1]);
    assert.equal(new Set(users).size, parts.length, users.join(" "));
    assert.ok(!users.includes("0"));
});

test("each may be its own role in the database, and no other", { skip: !isRoot }, () => {
    const [socket] = sql("show unix_socket_directories").split(",");
    const roles = ["postgres", "boxoffice_owner", "boxoffice_server", "boxoffice_worker", "boxoffice_sandbox", "boxoffice_report"];
    for (const part of ["server", "worker", "sandbox", "gateway"]) {
        const user = `boxoffice-${part}`;
        const allowed = roles.filter((role) => spawnSync(
            "setpriv", [`--reuid=${user}`, `--regid=${user}`, "--clear-groups", "psql", "-X", "-h", socket, "-U", role, "-d", "boxoffice", "-c", ""],
            { env: { PATH: process.env.PATH } },
        ).status === 0);
        assert.deepEqual(allowed, part === "gateway" ? [] : [`boxoffice_${part}`], user);
    }
});

test("the gateway has none of the secrets", () => {
    const environment = readFileSync(`/proc/${pidOf("gateway")}/environ`, "utf8");
    for (const name of ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]) assert.ok(!environment.includes(`${name}=`), name);
});

test("what a caller is refused with stands in no log of the database", async () => {
    const log = `${home}/log/postgres.log`;
    const token = makeBuyer();
    const showId = makeShow(smallHall);
    await hold(showId, token, { seats: ["A-1"] });
    const begin = statSync(log).size;
    for (let n = 0; n < 5; ++n) {
        await refused(422, "unknown_seat", {}, "POST", `/api/v1/shows/${showId}/holds`, { token, json: { seats: ["Z-99"] } });
        await refused(409, "seats_taken", {}, "POST", `/api/v1/shows/${showId}/holds`, { token: makeBuyer(), json: { seats: ["A-1"] } });
        await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: "nobody's" });
        await refused(404, "not_found", {}, "GET", `/api/v1/bookings/bk_${showId}_${"0".repeat(32)}`, { token });
        await refused(409, "not_paid", {}, "POST", `/api/v1/bookings/${(await hold(makeShow(smallHall), token, { seats: ["A-1"] })).booking_id}/refund`, {
            token, json: {},
        });
    }
    const added = readFileSync(log).subarray(begin).toString().split("\n").filter((line) => /boxoffice_server/.test(line) && /ERROR|STATEMENT|DETAIL|CONTEXT/.test(line));
    assert.deepEqual(added, []);
});

endInPeace();

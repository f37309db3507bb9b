// The provider keeps idempotency keys for a day. A refund or an authorization is made there, the worker dies before it can say
// so here, no webhook comes, and the key is forgotten by the time that it is asked for again: it is found, not made a second time.
import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { eventually, expect, get } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, pidOf, sql } from "../support/instance.mjs";

const orders = process.env.BOXOFFICE_FAULT;
const taken = `${orders}.taken`;
const endInPeace = endsInPeace();
const listen = (is) => sql(`update sandbox.behaviour set (delay_ms, webhooks_enabled) = (0, ${is})`);

before(() => {
    assert.ok(orders, "BOXOFFICE_FAULT is not set: run this by ./boxoffice test");
    for (const file of [orders, taken]) rmSync(file, { force: true });
    listen(false);
});
after(() => listen(true));

// A held booking, and how it stands.
async function makeBooking(seats) {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id: id } = await hold(showId, token, { seats });
    const pay = () => expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    return { showId, id, pay, booking: () => get(`/api/v1/bookings/${id}`, { token }) };
}

// The worker dies at `place` of what `act` makes it do, and another is there. `age`: what it had borrowed was asked for so long
// ago, and is due without the wait for its lease.
async function killWorker(place, act, age, meanwhile = () => {}) {
    const pid = pidOf("worker");
    writeFileSync(`${orders}.new`, `${place} kill\n`);
    renameSync(`${orders}.new`, orders);
    await act();
    await eventually(() => existsSync(taken), (is) => is);
    const due = (when, more = "") => sql(`update ops.outbox set run_at = ${when}, leased_until = ${when}${more}
        where leased_by like '%:${pid}' and done_at is null and dead_at is null`);
    due("now() + interval '1 hour'"); // not before this has looked
    await eventually(() => pidOf("worker"), (now) => now !== pid);
    rmSync(taken);
    await meanwhile();
    due("now()", `, created_at = created_at - interval '${age}'`);
}

const attemptCount = (showId, kind) => sql(`select attempt_count from ops.outbox where show_id = ${showId} and kind = '${kind}'`);
function forgetKeys(showId, suffix = "") {
    const keys = sql(`delete from sandbox.idempotency_keys as k using sales.payments as p
        where k.idempotency_key = p.payment_id || '${suffix}' and p.show_id = ${showId} returning k.idempotency_key`);
    assert.match(keys, new RegExp(`^[0-9a-f-]{36}${suffix}$`, "m"));
}
const intents = (showId) => sql(`select payment_intent_id, amount_minor, status from sandbox.payment_intents where metadata ->> 'show_id' = '${showId}'`);

test("a refund of a part whose answer, webhook and key are lost is one refund at the provider, and settled here", async () => {
    const { showId, id, pay, booking } = await makeBooking(["A-1", "C-1"]);
    await pay();
    await eventually(booking, ({ payment }) => payment.status === "succeeded");

    const made = () => sql(`
        select r.refund_id, r.amount_minor, r.status from sandbox.refunds as r
        inner join sales.payments as p on p.provider_ref = r.payment_intent_id where p.show_id = ${showId}`);
    const refund = () => expect(202, "POST", `/api/v1/admin/bookings/${id}/refund`, { token: makeStaff(), json: { reason: "broken seat", seats: ["A-1"] } });
    let first;
    await killWorker("refund.answered", refund, "0 h", async () => {
        first = made();
        assert.match(first, /^re_\w+\|1200\|succeeded$/);
        assert.equal((await booking()).refunds[0].status, "pending");
        forgetKeys(showId, "-refund");
    });
    await eventually(booking, ({ refunds }) => refunds[0].status === "succeeded");
    assert.equal(made(), first);
    assert.equal(sql(`select provider_ref from sales.payments where show_id = ${showId} and kind = 'refund'`), first.split("|")[0]);
    assert.equal(attemptCount(showId, "refund"), "2");
});

test("an authorization whose answer, webhook and key are lost is found a day later, and buys the seats", async () => {
    const { showId, pay, booking } = await makeBooking(["B-1"]);
    let first;
    await killWorker("authorize.answered", pay, "25 h", async () => {
        first = intents(showId);
        assert.match(first, /^pi_\w+\|1200\|requires_capture$/);
        assert.equal((await booking()).status, "paying");
        forgetKeys(showId);
    });
    await eventually(booking, ({ status, payment }) => status === "paid" && payment.status === "succeeded");
    assert.equal(intents(showId), first.replace("requires_capture", "succeeded"));
    assert.equal(attemptCount(showId, "authorize"), "2");
});

test("what was never authorized is not asked for a day later: the seats are held again, and another way is open", async () => {
    const { showId, pay, booking } = await makeBooking(["B-1"]);
    const lastError = () => sql(`select last_error from ops.outbox where show_id = ${showId} and kind = 'authorize'`);
    await killWorker("authorize.claimed", pay, "21 h", () => assert.equal(intents(showId), ""));
    // What is looked for may not be found yet.
    await eventually(lastError, (error) => error.includes("nothing is found, perhaps not yet"));
    assert.equal((await booking()).status, "paying");
    sql(`update ops.outbox set created_at = created_at - interval '4 h', run_at = now() where show_id = ${showId} and kind = 'authorize'`);
    const { payment } = await eventually(booking, ({ status }) => status === "held");
    assert.deepEqual([payment.status, payment.code], ["failed", "never_authorized"]);
    assert.equal(intents(showId), "");
    await pay();
    await eventually(booking, ({ status }) => status === "paid");
});

endInPeace();

// Giving money back over HTTP: by the buyer, by staff, and for a whole show that is called off.
import assert from "node:assert/strict";
import { test } from "node:test";
import Stripe from "stripe";
import { eventually, expect, get, refused } from "../support/client.mjs";
import { hold, makeBuyer, makeAdmin, makeBuyers, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, sandbox, sql, stripeKey } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const { hostname, port } = new URL(sandbox);
// Other files have the sandbox misbehave meanwhile.
const stripe = new Stripe(stripeKey, { host: hostname, port, protocol: "http", maxNetworkRetries: 5 });

const booking = (id, token) => get(`/api/v1/bookings/${id}`, { token });
const refund = (id) => `/api/v1/bookings/${id}/refund`;
const staffRefund = (id) => `/api/v1/admin/bookings/${id}/refund`;

const staff = makeStaff();
const admin = makeAdmin();

async function buy(showId, token, wish) {
    const { booking_id } = await hold(showId, token, wish);
    await expect(202, "POST", `/api/v1/bookings/${booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    await eventually(() => booking(booking_id, token), ({ payment }) => payment.status === "succeeded");
    return booking_id;
}
const returned = (id, token) => eventually(() => booking(id, token), ({ refunds }) => refunds.every(({ status }) => status === "succeeded"));

// What the provider says that it gave back of a show's charges, in minor units.
const givenBack = (showId) =>
    Number(sql(`select coalesce(sum(r.amount_minor), 0) from sandbox.refunds as r
        inner join sales.payments as p on p.provider_ref = r.refund_id where p.show_id = ${showId}`));

test("a buyer gives a paid booking back: its tickets are void, its seats free, its money returned", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    assert.deepEqual([held.refunds, held.refundable_until], [[], null]);
    await expect(204, "DELETE", `/api/v1/bookings/${held.booking_id}`, { token });

    const id = await buy(showId, token, { seats: ["A-1", "C-1"] });
    const paid = await booking(id, token);
    assert.deepEqual(paid.refunds, []);
    assert.equal(Date.parse(paid.show.starts_at) - Date.parse(paid.refundable_until), 86_400_000);

    const { body } = await expect(202, "POST", refund(id), { token, json: { reason: "ill" } });
    assert.equal(body.status, "refunded");
    assert.equal(body.refundable_until, null);
    assert.deepEqual(body.tickets.map(({ status }) => status), ["void", "void"]);
    assert.equal(body.refunds.length, 1);
    const { created_at, status, ...rest } = body.refunds[0];
    assert.deepEqual(rest, { amount: { value: 2700, currency: "EUR" }, seats: ["A-1", "C-1"], reason: "ill" });
    assert.ok(["pending", "succeeded"].includes(status));
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);

    const done = await returned(id, token);
    assert.deepEqual([done.status, done.refunds[0].status], ["refunded", "succeeded"]);
    assert.equal(givenBack(showId), 2700);
    await hold(showId, makeBuyer(), { seats: ["A-1", "C-1"] });

    // A repeat changes nothing.
    assert.equal((await expect(202, "POST", refund(id), { token, json: {} })).body.refunds.length, 1);
});

test("a ticket that was given back is drawn no more", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const id = await buy(showId, token, { seats: ["A-1"] });
    const [{ ticket_id }] = (await booking(id, token)).tickets;
    await expect(200, "GET", `/api/v1/tickets/${ticket_id}/qr.svg`, { token });
    await expect(202, "POST", refund(id), { token, json: {} });
    await refused(404, "not_found", {}, "GET", `/api/v1/tickets/${ticket_id}/qr.svg`, { token });
});

test("what is refunded before it was captured is given back all the same", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id: id } = await hold(showId, token, { seats: ["A-1"] });
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    await eventually(() => booking(id, token), ({ status }) => status === "paid");
    await expect(202, "POST", refund(id), { token, json: {} });
    assert.equal((await returned(id, token)).refunds[0].status, "succeeded");
    assert.equal(givenBack(showId), 1200);
});

test("past the show's deadline it is too_late, with the time that was the last", async () => {
    const showId = makeShow({ ...smallHall, refund_cutoff_seconds: 10 * 86_400 });
    const token = makeBuyer();
    const id = await buy(showId, token, { seats: ["A-1"] });
    const { show, refundable_until } = await booking(id, token);
    assert.equal(refundable_until, null);
    const { body } = await refused(409, "too_late", {}, "POST", refund(id), { token, json: {} });
    assert.equal(Date.parse(show.starts_at) - Date.parse(body.until), 10 * 86_400_000);
    await expect(202, "POST", staffRefund(id), { token: staff, json: { reason: "goodwill" } });
    assert.equal((await returned(id, token)).status, "refunded");
});

test("once somebody was let in it is too_late, with the seats", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const id = await buy(showId, token, { seats: ["A-1", "A-2"] });
    const [{ code }] = (await booking(id, token)).tickets;
    await expect(200, "POST", "/api/v1/checkin", { token: staff, json: { code, gate: "north" } });
    assert.equal((await booking(id, token)).refundable_until, null);
    await refused(409, "too_late", { used: ["A-1"] }, "POST", refund(id), { token, json: {} });
});

test("only what is paid can be given back: not_paid says what it is", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
    await refused(409, "not_paid", { booking_status: "held" }, "POST", refund(booking_id), { token, json: {} });
    await refused(409, "not_paid", { booking_status: "held" }, "POST", staffRefund(booking_id), { token: staff, json: { reason: "x" } });
});

test("a reason has 1 to 500 characters", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const id = await buy(showId, token, { seats: ["A-1"] });
    for (const reason of [" ", "a".repeat(501)]) {
        await refused(400, "invalid_request", { field: "reason" }, "POST", refund(id), { token, json: { reason } });
    }
    await refused(400, "invalid_request", { field: "reason" }, "POST", staffRefund(id), { token: staff, json: {} });
    await refused(400, "invalid_request", { field: "seats" }, "POST", staffRefund(id), { token: staff, json: { reason: "x", seats: [] } });
    assert.equal((await booking(id, token)).status, "paid");
});

test("another's booking is not found, and what is staff's is forbidden to customers", async () => {
    const showId = makeShow(smallHall);
    const [alice, bob] = makeBuyers(2);
    const id = await buy(showId, alice, { seats: ["A-1"] });
    await refused(404, "not_found", {}, "POST", refund(id), { token: bob, json: {} });
    await refused(401, "not_signed_in", {}, "POST", refund(id), { json: {} });
    await refused(404, "not_found", {}, "POST", staffRefund("bk_nothing"), { token: staff, json: { reason: "x" } });
    for (const [method, path, json] of [
        ["POST", staffRefund(id), { reason: "x" }],
        ["POST", `/api/v1/admin/shows/${showId}/cancel`, {}],
        ["GET", `/api/v1/admin/shows/${showId}/cancellation`],
    ]) {
        await refused(403, "forbidden", {}, method, path, { token: alice, json });
    }
    await refused(403, "forbidden", {}, "POST", `/api/v1/admin/shows/${showId}/cancel`, { token: staff, json: {} });
    assert.equal((await booking(id, alice)).status, "paid");
});

test("above a limit a refund is an administrator's, and each is in the audit", async () => {
    const showId = makeShow({ ...smallHall, prices: { standard: 30_000, premium: 30_000 } });
    const buyer = makeBuyer();
    const id = await buy(showId, buyer, { seats: ["A-1", "A-2"] });
    await refused(403, "forbidden", {}, "POST", staffRefund(id), { token: staff, json: { reason: "Ill." } });
    await expect(202, "POST", staffRefund(id), { token: staff, json: { reason: "Ill.", seats: ["A-1"] } });
    await expect(202, "POST", staffRefund(id), { token: admin, json: { reason: "Ill." } });
    const { items } = await get("/api/v1/admin/audit?action=api.refund_seats&per_page=2", { token: admin });
    assert.deepEqual(items.map(({ role, arguments: given }) => [role, given]), [
        ["staff", { booking_id: id, reason: "Ill." }],
        ["staff", { booking_id: id, reason: "Ill.", seats: ["A-1"] }],
    ]);
    assert.notEqual(items[0].user.user_id, items[1].user.user_id);
    await refused(403, "forbidden", {}, "GET", "/api/v1/admin/audit", { token: staff });
});

test("staff refund one seat of a booking, and the rest stays good", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const id = await buy(showId, token, { seats: ["A-1", "A-2", "C-1"] });
    const body = { reason: "broken seat", seats: ["C-1"] };
    assert.equal((await expect(202, "POST", staffRefund(id), { token: staff, json: body })).body.status, "paid");
    const partly = await returned(id, token);
    assert.deepEqual([partly.status, partly.refunds[0].amount.value, partly.refunds[0].seats], ["paid", 1500, ["C-1"]]);
    assert.deepEqual(partly.tickets.map(({ seat, status }) => [seat, status]), [["A-1", "valid"], ["A-2", "valid"], ["C-1", "void"]]);
    await refused(422, "unknown_seat", { seats: ["C-1"] }, "POST", staffRefund(id), { token: staff, json: body });
    await refused(422, "unknown_seat", { seats: ["Z-9"] }, "POST", staffRefund(id), { token: staff, json: { ...body, seats: ["A-1", "Z-9"] } });
    await hold(showId, makeBuyer(), { seats: ["C-1"] });

    await expect(202, "POST", refund(id), { token, json: {} });
    const whole = await returned(id, token);
    assert.equal(whole.status, "refunded");
    assert.deepEqual(whole.refunds.map(({ amount, seats }) => [amount.value, seats]), [[1500, ["C-1"]], [2400, ["A-1", "A-2"]]]);
    assert.equal(givenBack(showId), 3900);
});

test("a show that is called off gives everything back to everybody, and says how far it is", async () => {
    const showId = makeShow({ places: 8, prices: { standard: 1000 } });
    const [alice, bob, carol, dave] = makeBuyers(4);
    const a = await buy(showId, alice, { quantity: 3 });
    const b = await buy(showId, bob, { quantity: 2 });
    const c = (await hold(showId, carol, { quantity: 3 })).booking_id;
    const { entry_id } = (await expect(201, "POST", `/api/v1/shows/${showId}/waitlist`, { token: dave, json: { quantity: 2 } })).body;

    const path = `/api/v1/admin/shows/${showId}`;
    await refused(404, "not_found", {}, "GET", `${path}/cancellation`, { token: staff });
    await refused(404, "not_found", {}, "POST", "/api/v1/admin/shows/999999999/cancel", { token: admin, json: {} });
    await refused(400, "invalid_request", { field: "reason" }, "POST", `${path}/cancel`, { token: admin, json: { reason: " " } });
    const { body } = await expect(202, "POST", `${path}/cancel`, { token: admin, json: { reason: "The roof leaks." } });
    assert.deepEqual([body.show_id, body.status, body.reason, body.bookings.total], [showId, "cancelled", "The roof leaks.", 3]);
    assert.equal((await get(`/api/v1/shows/${showId}`)).status, "cancelled");
    await refused(422, "not_on_sale", {}, "POST", `/api/v1/shows/${showId}/holds`, { token: dave, json: { quantity: 1 } });

    const settled = await eventually(
        () => get(`${path}/cancellation`, { token: staff }),
        ({ bookings, refunds }) => bookings.pending === 0 && refunds.pending === 0,
    );
    assert.deepEqual(settled.bookings, { total: 3, refunded: 2, cancelled: 1, pending: 0 });
    assert.deepEqual(settled.refunds, { pending: 0, succeeded: 2, amount: { value: 5000, currency: "EUR" } });
    assert.deepEqual((await expect(202, "POST", `${path}/cancel`, { token: admin, json: {} })).body, settled, "a repeat changes nothing");

    for (const [id, token, count] of [[a, alice, 3], [b, bob, 2]]) {
        const mine = await booking(id, token);
        assert.deepEqual([mine.status, mine.show.status, mine.refunds[0].status, mine.refunds[0].reason], ["refunded", "cancelled", "succeeded", "The roof leaks."]);
        assert.deepEqual(mine.tickets.map(({ status }) => status), Array(count).fill("void"));
    }
    assert.equal((await booking(c, carol)).status, "cancelled");
    const entry = await get(`/api/v1/waitlist/${entry_id}`, { token: dave });
    assert.deepEqual([entry.status, entry.end_reason], ["failed", "show_cancelled"]);
    assert.equal(givenBack(showId), 5000);
});

// The refunds of a show's charges at the provider, newest first.
async function refundsOf(showId) {
    const intents = sql(`select provider_ref from sales.payments where show_id = ${showId} and kind = 'charge' and status = 'succeeded'`).split("\n");
    return (await Promise.all(intents.map((payment_intent) => stripe.refunds.list({ payment_intent }).autoPagingToArray({ limit: 1000 })))).flat();
}

// A refund of one seat of two that the provider has made and nobody here has heard of for a day: its key is forgotten.
// `change` is done before it is asked for again. Answers [booking, refund at the provider].
async function makeUnheard(showId, token, { card = "pm_card_visa", become = "succeeded", change = () => {} } = {}) {
    const { booking_id: id } = await hold(showId, token, { seats: ["A-1", "C-1"] });
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json: { payment_method: card } });
    await eventually(() => booking(id, token), ({ payment }) => payment.status === "succeeded");
    await expect(202, "POST", staffRefund(id), { token: staff, json: { reason: "broken seat", seats: ["A-1"] } });
    const [made] = await eventually(() => refundsOf(showId), ([first]) => first?.status === become);
    const isRefund = `show_id = ${showId} and kind = 'refund'`;
    // All that will be heard of it has been.
    await eventually(
        () => sql(`
            select
                (select count(*) from sandbox.events where payload #>> '{data,object,id}' = '${made.id}' and deliver_at is not null),
                (select count(*) from ops.outbox where ${isRefund} and done_at is null)`),
        (left) => left === "0|0",
    );
    sql(`
        begin;
        update sales.payments set (status, provider_ref, failure_code, succeeded_at, ended_at) = ('pending', null, null, null, null) where ${isRefund};
        delete from sandbox.idempotency_keys where idempotency_key = (select payment_id || '-refund' from sales.payments where ${isRefund});
        commit;`);
    change(made);
    sql(`select sales.promise_refund(show_id, payment_id) from sales.payments where ${isRefund}`);
    return [id, made];
}

test("a refund that the provider has made and forgotten the key of is found there, and not made twice", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const [id, made] = await makeUnheard(showId, token);
    assert.equal((await returned(id, token)).refunds[0].amount.value, 1200);
    assert.deepEqual((await refundsOf(showId)).map((each) => each.id), [made.id]);
    assert.equal(givenBack(showId), 1200);
});

test("it is found behind more refunds than the provider lists at once", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const [id, made] = await makeUnheard(showId, token, {
        change: ({ payment_intent }) => sql(`
            insert into sandbox.refunds (refund_id, payment_intent_id, amount_minor, metadata)
            select sandbox.new_id('re'), '${payment_intent}', 1, '{"payment_id": "another"}' from generate_series(1, 200)`),
    });
    await returned(id, token);
    const refunds = await refundsOf(showId);
    assert.equal(refunds.length, 201);
    assert.equal(refunds.at(-1).id, made.id);
    assert.equal(sql(`select provider_ref from sales.payments where show_id = ${showId} and kind = 'refund'`), made.id);
});

test("one that has failed there is not asked for again but shown to a person, and another that names it settles it", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const [id, made] = await makeUnheard(showId, token, { card: "pm_card_refundFail", become: "failed" });
    await eventually(
        () => sql(`
            select s.provider_ref, s.last_error from report.stuck_payments as s where s.show_id = ${showId} and s.kind = 'refund'`),
        (row) => row === `${made.id}|failed`,
    );
    assert.equal(sql(`select count(*) from ops.outbox where show_id = ${showId} and kind = 'refund' and done_at is null`), "0");
    assert.equal((await refundsOf(showId)).length, 1);
    sql(`update sandbox.payment_intents set payment_method = 'pm_card_visa' where payment_intent_id = '${made.payment_intent}'`);
    const other = await stripe.refunds.create({ payment_intent: made.payment_intent, amount: 1200, metadata: made.metadata });
    await returned(id, token);
    assert.equal(sql(`select provider_ref, failure_code from sales.payments where show_id = ${showId} and kind = 'refund'`), `${other.id}|`);
});

test("one that takes its time there is waited for", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const [id, made] = await makeUnheard(showId, token, {
        card: "pm_card_pendingRefund",
        change: ({ id: refundId }) => sql(`update sandbox.refunds set status = 'pending' where refund_id = '${refundId}'`),
    });
    await eventually(
        () => sql(`select last_error from ops.outbox where show_id = ${showId} and kind = 'refund' and done_at is null`),
        (why) => why === "refund: status pending",
    );
    sql(`update sandbox.refunds set status = 'succeeded' where refund_id = '${made.id}'`);
    await returned(id, token);
    assert.deepEqual((await refundsOf(showId)).map((each) => each.id), [made.id]);
});

test("in the ledger charges, refunds and tickets add up, and nothing is left to be settled", async () => {
    await eventually(() => sql("select count(*) from report.ledger where refunded_minor > 0 and unsettled_minor <> 0"), (count) => count === "0");
    assert.equal(sql("select booking_id, difference_minor from report.ledger where difference_minor <> 0"), "");
});

endInPeace();

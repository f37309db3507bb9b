// Ways of paying beside the straight one: the provider's page that asks, declines or ends; other currencies; nothing to pay; two
// windows at once; disputes. The straight way: purchase.test.mjs.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import Stripe from "stripe";
import { eventually, expect, get, isProblem, refused, send } from "../support/client.mjs";
import { hold, letLapse, makeBuyer, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, sandbox, sql, stripeKey } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const { hostname, port } = new URL(sandbox);
const stripe = new Stripe(stripeKey, { host: hostname, port, protocol: "http", maxNetworkRetries: 0 });

const booking = (id, token) => get(`/api/v1/bookings/${id}`, { token });
const settled = (id, token) => eventually(() => booking(id, token), ({ status }) => status !== "paying");
const captured = (id, token) => eventually(() => booking(id, token), ({ payment }) => payment.status === "succeeded");
const pay = (id, token, wish, headers) =>
    expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json: wish, headers }).then((answer) => answer.body);
const act = (url, form) => expect(303, "POST", new URL(url).pathname, { base: sandbox, form }).then(({ headers }) => headers.location);
const page = (url) => send("GET", new URL(url).pathname, { base: sandbox });
const back = `${gateway}/bookings/back`;

// The provider's side of a booking's charges: [[status, amount, currency]].
const charges = (showId) => sql(`
    select status, amount_minor, currency from sandbox.payment_intents where metadata ->> 'show_id' = '${showId}' order by created_at`);

test("on the provider's page a card that asks for its owner is confirmed, and the booking is paid", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
    const { checkout_url } = await pay(booking_id, token, { return_url: back });
    await act(checkout_url, { act: "pay", card: "pm_card_authenticationRequired" });
    assert.match((await page(checkout_url)).text, /value="approve"/);
    assert.equal((await booking(booking_id, token)).status, "paying");
    assert.equal(await act(checkout_url, { act: "approve" }), back);
    await captured(booking_id, token);
    assert.equal(charges(showId), "succeeded|1200|eur");
});

test("an authentication that fails is no end: another card pays on the same page", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
    const { checkout_url } = await pay(booking_id, token, { return_url: back });
    await act(checkout_url, { act: "pay", card: "pm_card_authenticationRequired" });
    await act(checkout_url, { act: "refuse" });
    assert.match((await page(checkout_url)).text, /role="alert"/);
    assert.equal((await booking(booking_id, token)).status, "paying");
    assert.equal(await act(checkout_url, { act: "pay", card: "pm_card_visa" }), back);
    await captured(booking_id, token);
    assert.equal(charges(showId), "succeeded|1200|eur", "one charge");
});

test("by the API, too, the provider's page is given up, for a card or for nothing", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
    const path = `/api/v1/bookings/${booking_id}/payment`;
    await refused(404, "not_found", {}, "DELETE", path, { token });
    const { checkout_url } = await pay(booking_id, token, { return_url: "/account" });
    await refused(409, "already_paid", { booking_status: "paying" }, "POST", `${path}s`, { token, json: { payment_method: "pm_card_visa" } });
    await refused(404, "not_found", {}, "DELETE", path, { token: makeBuyer() });
    const { body } = await expect(202, "DELETE", path, { token });
    assert.deepEqual([body.booking_id, body.status, body.payment.code], [booking_id, "held", "checkout_expired"]);
    assert.match((await page(checkout_url)).text, /expired|closed|over/i);
    await refused(404, "not_found", {}, "DELETE", path, { token });
    await pay(booking_id, token, { payment_method: "pm_card_visa" });
    await captured(booking_id, token);
    assert.equal(charges(showId), "succeeded|1200|eur");

    const other = await hold(showId, token, { seats: ["A-2"] });
    await pay(other.booking_id, token, { return_url: "/account" });
    await expect(202, "DELETE", `/api/v1/bookings/${other.booking_id}/payment`, { token });
    await expect(204, "DELETE", `/api/v1/bookings/${other.booking_id}`, { token });
});

test("an idempotency key is for one wish, also when its card was declined", async () => {
    const token = makeBuyer();
    const { booking_id } = await hold(makeShow(smallHall), token, { seats: ["A-1"] });
    const headers = { "Idempotency-Key": randomUUID() };
    const first = await pay(booking_id, token, { payment_method: "pm_card_chargeDeclined" }, headers);
    await settled(booking_id, token);
    const again = await pay(booking_id, token, { payment_method: "pm_card_chargeDeclined" }, headers);
    assert.deepEqual([again.payment_id, again.status], [first.payment_id, "failed"]);
    for (const json of [{ payment_method: "pm_card_visa" }, { return_url: back }, { payment_method: "pm_card_chargeDeclined", save_method: true }]) {
        await refused(422, "idempotency_key_reused", {}, "POST", `/api/v1/bookings/${booking_id}/payments`, { token, json, headers });
    }
    await pay(booking_id, token, { payment_method: "pm_card_visa" });
    await captured(booking_id, token);
});

test("who tries one card after the other is stopped, for the booking and for the account", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const decline = async ({ booking_id }) => {
        await pay(booking_id, token, { payment_method: "pm_card_chargeDeclined" });
        await settled(booking_id, token);
    };
    const stopped = async ({ booking_id }) => {
        const answer = await send("POST", `/api/v1/bookings/${booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
        isProblem(answer, 429, "rate_limited", { retry_after: answer.body.retry_after });
        const { retry_after } = answer.body;
        assert.equal(answer.headers["retry-after"], String(retry_after));
        assert.ok(retry_after > 3500 && retry_after <= 3600, `${retry_after}`);
        assert.equal((await booking(booking_id, token)).status, "held");
    };
    const held = [];
    for (const seat of ["A-1", "A-2", "A-3"]) held.push(await hold(showId, token, { seats: [seat] }));
    for (let n = 0; n < 5; ++n) await decline(held[0]);
    await stopped(held[0]);
    for (let n = 0; n < 5; ++n) await decline(held[1]);
    await stopped(held[2]);
    // The provider limits its own page by itself.
    assert.ok((await pay(held[2].booking_id, token, { return_url: back })).checkout_url);
});

test("when the provider's page has expired the seats are held again, and another try pays for them", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1", "A-2"] });
    const { checkout_url } = await pay(held.booking_id, token, { return_url: back });
    await stripe.checkout.sessions.expire(checkout_url.split("/").at(-1));
    const again = await settled(held.booking_id, token);
    assert.deepEqual([again.status, again.payment.code, again.expires_at], ["held", "checkout_expired", held.expires_at]);
    assert.equal((await page(checkout_url)).status, 410);
    await pay(held.booking_id, token, { payment_method: "pm_card_visa" });
    await captured(held.booking_id, token);
    assert.equal(charges(showId), "succeeded|2400|eur");
});

test("an expired page after the hold's end frees the seats", async () => {
    const showId = makeShow({ places: 1, hold_seconds: 1, hold_grace_seconds: 0 });
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { quantity: 1 });
    const { checkout_url } = await pay(booking_id, token, { return_url: back });
    await eventually(() => sql(`select held_until <= now() from sales.bookings where show_id = ${showId}`), (is) => is === "t");
    await stripe.checkout.sessions.expire(checkout_url.split("/").at(-1));
    await settled(booking_id, token);
    letLapse(showId);
    assert.equal((await hold(showId, makeBuyer(), { quantity: 1 })).status, "held");
});

test("yen and dinars are charged in their own minor units", async () => {
    for (const [currency, price] of [["JPY", 1800], ["KWD", 5120]]) {
        const showId = makeShow({ places: 5, prices: { standard: price }, currency });
        const token = makeBuyer();
        const { booking_id, amount } = await hold(showId, token, { quantity: 2 });
        assert.deepEqual(amount, { value: 2 * price, currency });
        await pay(booking_id, token, { payment_method: "pm_card_visa" });
        await captured(booking_id, token);
        assert.equal(charges(showId), `succeeded|${2 * price}|${currency.toLowerCase()}`);
        const hosted = await hold(showId, token, { quantity: 1 });
        const { checkout_url } = await pay(hosted.booking_id, token, { return_url: back });
        assert.match((await page(checkout_url)).text, currency === "JPY" ? /1800 JPY/ : /5\.120 KWD/);
        await act(checkout_url, { act: "pay", card: "pm_card_visa" });
        await captured(hosted.booking_id, token);
    }
});

test("what costs nothing is paid at once, and the provider hears nothing of it", async () => {
    const showId = makeShow({ places: 5, prices: { standard: 0 } });
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { quantity: 2 });
    const payment = await pay(booking_id, token, {});
    assert.equal(payment.status, "succeeded");
    const paid = await booking(booking_id, token);
    assert.deepEqual([paid.status, paid.tickets.length, paid.payment.method], ["paid", 2, "none"]);
    assert.equal(charges(showId), "");
    assert.equal(sql(`select count(*) from ops.outbox where show_id = ${showId} and kind in ('authorize', 'capture', 'open_checkout')`), "0");
});

test("of two windows that pay for one booking at once one charges, and the other is told", async () => {
    const showId = makeShow({ places: 100 });
    for (let round = 0; round < 10; round++) {
        const token = makeBuyer();
        const { booking_id } = await hold(showId, token, { quantity: 1 });
        const answers = await Promise.all(
            [{ payment_method: "pm_card_visa" }, round % 2 ? { return_url: back } : { payment_method: "pm_card_mastercard" }].map((json) =>
                send("POST", `/api/v1/bookings/${booking_id}/payments`, { token, json, headers: { "Idempotency-Key": randomUUID() } })),
        );
        const [begun, other] = answers.sort((a, b) => a.status - b.status);
        assert.equal(begun.status, 202, begun.text);
        isProblem(other, 409, "already_paid");
        if (begun.body.checkout_url) await act(begun.body.checkout_url, { act: "pay", card: "pm_card_visa" });
        assert.equal((await captured(booking_id, token)).payment.payment_id, begun.body.payment_id);
    }
    assert.equal(sql(`select count(*), count(distinct metadata ->> 'booking_id') from sandbox.payment_intents where metadata ->> 'show_id' = '${showId}'`), "10|10");
});

test("twenty payments at once with one Idempotency-Key are one payment", async () => {
    const showId = makeShow({ places: 5 });
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { quantity: 1 });
    const headers = { "Idempotency-Key": randomUUID() };
    const begun = await Promise.all(Array.from({ length: 20 }, () => pay(booking_id, token, { payment_method: "pm_card_visa" }, headers)));
    assert.equal(new Set(begun.map(({ payment_id }) => payment_id)).size, 1);
    await captured(booking_id, token);
    assert.equal(charges(showId), "succeeded|1200|eur");
    await refused(409, "already_paid", {}, "POST", `/api/v1/bookings/${booking_id}/payments`, {
        token, json: { payment_method: "pm_card_visa" }, headers: { "Idempotency-Key": randomUUID() },
    });
});

test("work that the worker cannot read is given up at first sight, with the reason and without what it was about", async () => {
    const outboxId = randomUUID();
    // A number that JSON may have and no double can hold.
    sql(`insert into ops.outbox (outbox_id, kind, payload) values ('${outboxId}', 'void', '{"card": "secret", "n": 1e400}')`);
    const row = await eventually(
        () => sql(`select attempt_count, last_error from report.dead_letters where outbox_id = '${outboxId}'`),
        (text) => text !== "",
    );
    assert.match(row, /^1\|not a row of the outbox: /);
    assert.ok(row.includes(outboxId));
    assert.doesNotMatch(row, /secret/);
    sql(`delete from ops.outbox where outbox_id = '${outboxId}'`);
});

test("a dispute is recorded with its charge, and the booking stays as it is", async () => {
    const showId = makeShow({ places: 5 });
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { quantity: 1 });
    await pay(booking_id, token, { payment_method: "pm_card_createDispute" });
    await captured(booking_id, token);
    const dispute = (status) => eventually(() => sql(`select status, amount_minor, reason from sales.disputes where show_id = ${showId}`), (row) => row === `${status}|1200|fraudulent`);
    await dispute("needs_response");
    await refused(409, "disputed", { dispute_status: "needs_response" }, "POST", `/api/v1/bookings/${booking_id}/refund`, { token, json: { reason: "Ill." } });
    const staff = makeStaff();
    const code = sql(`select sales.ticket_code(show_id, ticket_id) from sales.tickets where show_id = ${showId}`);
    assert.equal((await expect(200, "POST", "/api/v1/checkin", { token: staff, json: { code, gate: "North" } })).body.warning, "disputed");
    await stripe.disputes.close(sql(`select dispute_ref from sales.disputes where show_id = ${showId}`));
    await dispute("lost");
    assert.equal((await booking(booking_id, token)).status, "paid");
});

test("what no webhook brings is heard from the provider's list of events", async (t) => {
    const behave = (form) => expect(200, "POST", "/sandbox/behaviour", { base: sandbox, token: stripeKey, form });
    t.after(() => behave({}));
    await behave({ webhooks_enabled: "false" });
    const showId = makeShow({ places: 5 });
    const token = makeBuyer();

    const hosted = await hold(showId, token, { quantity: 1 });
    const { checkout_url } = await pay(hosted.booking_id, token, { return_url: back });
    await act(checkout_url, { act: "pay", card: "pm_card_visa" });
    const paid = await settled(hosted.booking_id, token);
    assert.equal(paid.status, "paid", "who has paid on the provider's page");

    const disputed = await hold(showId, token, { quantity: 1 });
    await pay(disputed.booking_id, token, { payment_method: "pm_card_createDispute" });
    await eventually(() => sql(`select status from sales.disputes where show_id = ${showId}`), (status) => status === "needs_response", 60);

    const { booking_id } = await hold(showId, token, { quantity: 1 });
    await pay(booking_id, token, { payment_method: "pm_card_refundFail" });
    await captured(booking_id, token);
    await expect(202, "POST", `/api/v1/bookings/${booking_id}/refund`, { token, json: { reason: "Ill." } });
    await eventually(
        () => sql(`select status, failure_code is not null from sales.payments where show_id = ${showId} and kind = 'refund'`),
        (row) => row === "failed|t", 60);
    sql(`select sales.settle_by_hand(show_id, payment_id, requested_by, 'Paid in cash.') from sales.payments where show_id = ${showId} and status = 'failed'`);
});

endInPeace();

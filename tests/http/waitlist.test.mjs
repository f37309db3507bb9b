// The waitlist over HTTP: joining, waiting, the offer and the purchase, leaving; each documented error.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually, expect, get, refused } from "../support/client.mjs";
import { hold, letLapse, makeBuyer, makeBuyers, makeShow } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const waitlist = (showId) => `/api/v1/shows/${showId}/waitlist`;
const join = (showId, token, json, headers) => expect(201, "POST", waitlist(showId), { token, json, headers }).then((answer) => answer.body);
const entry = (id, token) => get(`/api/v1/waitlist/${id}`, { token });
const booking = (id, token) => get(`/api/v1/bookings/${id}`, { token });
const becomes = (id, token, status) => eventually(() => entry(id, token), (now) => now.status === status);
const release = (id, token) => expect(204, "DELETE", `/api/v1/bookings/${id}`, { token });

async function pay(id, token, json = { payment_method: "pm_card_visa" }) {
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json });
    return eventually(() => booking(id, token), ({ status, payment }) => status !== "paying" && payment.status !== "authorized");
}

// A show of four places, all of which are held: two by each of two buyers.
async function fullShow(columns = {}) {
    const showId = makeShow({ places: 4, prices: { standard: 1200 }, ...columns });
    const [alice, bob] = makeBuyers(2);
    const a = await hold(showId, alice, { quantity: 2 });
    const b = await hold(showId, bob, { quantity: 2 });
    return { showId, alice, bob, a: a.booking_id, b: b.booking_id };
}

test("a place in the queue has every field of the contract, alone, in the list, and to nobody else", async () => {
    const { showId } = await fullShow();
    const [carol, dave] = makeBuyers(2);
    const show = await get(`/api/v1/shows/${showId}`);
    assert.deepEqual([show.status, show.seats_available, show.seats_held, show.waitlist_open], ["sold_out", 0, 4, true]);

    const joined = await join(showId, carol, { quantity: 2, tier: "standard", mode: "offer" });
    const { entry_id, joined_at, expires_at, show: brief, ...rest } = joined;
    assert.deepEqual(rest, {
        show_id: showId, quantity: 2, tier: "standard", mode: "offer", status: "waiting", end_reason: null, position: 1, booking_id: null,
    });
    assert.match(entry_id, /^wl_/);
    assert.equal(brief.show_id, showId);
    assert.match(joined_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(Math.round((Date.parse(expires_at) - Date.parse(joined_at)) / 1000), 3600);

    assert.deepEqual(await entry(entry_id, carol), joined);
    const list = await get("/api/v1/waitlist", { token: carol });
    assert.deepEqual(list, { items: [joined], page: 1, per_page: 30, total: 1 });
    assert.deepEqual((await get("/api/v1/waitlist", { token: dave })).items, []);
    await refused(404, "not_found", {}, "GET", `/api/v1/waitlist/${entry_id}`, { token: dave });
    await refused(404, "not_found", {}, "DELETE", `/api/v1/waitlist/${entry_id}`, { token: dave });
    await refused(404, "not_found", {}, "GET", "/api/v1/waitlist/wl_nothing", { token: carol });
    await refused(400, "invalid_request", { field: "per_page" }, "GET", "/api/v1/waitlist?per_page=31", { token: carol });
});

test("who is not signed in neither joins nor sees nor leaves a queue", async () => {
    const { showId } = await fullShow();
    await refused(401, "not_signed_in", {}, "POST", waitlist(showId), { json: { quantity: 1 } });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/waitlist");
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/waitlist/wl_1");
    await refused(401, "not_signed_in", {}, "DELETE", "/api/v1/waitlist/wl_1");
});

test("a wish that makes no sense is refused with the field it is in", async () => {
    const { showId } = await fullShow();
    const token = makeBuyer();
    for (const [json, field] of [
        [{}, "quantity"],
        [{ quantity: 0 }, "quantity"],
        [{ quantity: "two" }, "quantity"],
        [{ quantity: 1, mode: "steal" }, "mode"],
        [{ quantity: 1, tier: "royal" }, "tier"],
        [{ quantity: 1, payment_method: "pm_card_visa" }, "payment_method"],
        [{ quantity: 1, mode: "buy", payment_method: "4242 4242" }, "payment_method"],
        [{ quantity: 1, colour: "red" }, "colour"],
    ]) {
        await refused(400, "invalid_request", { field }, "POST", waitlist(showId), { token, json });
    }
    await refused(404, "not_found", {}, "POST", waitlist(999_999_999), { token, json: { quantity: 1 } });
    assert.equal((await get("/api/v1/waitlist", { token })).total, 0);
});

test("while enough seats are free they are to be held: seats_available", async () => {
    const showId = makeShow({ places: 4 });
    const [alice, bob] = makeBuyers(2);
    await hold(showId, alice, { quantity: 2 });
    assert.equal((await get(`/api/v1/shows/${showId}`)).waitlist_open, false);
    await refused(409, "seats_available", { available: 2 }, "POST", waitlist(showId), { token: bob, json: { quantity: 2 } });
    await join(showId, bob, { quantity: 3 });
});

test("what can never come free is not waited for: cannot_be_met", async () => {
    const { showId, alice, a } = await fullShow();
    assert.equal((await pay(a, alice)).status, "paid");
    const token = makeBuyer();
    await refused(409, "cannot_be_met", {}, "POST", waitlist(showId), { token, json: { quantity: 3 } });
    await join(showId, token, { quantity: 2 });
});

test("a buyer has one place in a queue: already_waiting names it", async () => {
    const { showId } = await fullShow();
    const token = makeBuyer();
    const { entry_id } = await join(showId, token, { quantity: 1 });
    await refused(409, "already_waiting", { entry_id }, "POST", waitlist(showId), { token, json: { quantity: 2 } });
    await expect(204, "DELETE", `/api/v1/waitlist/${entry_id}`, { token });
    await join(showId, token, { quantity: 2 });
});

test("ten seats are the most, held and waited for together: too_many_seats", async () => {
    const showId = makeShow({ places: 12 });
    const [alice, bob] = makeBuyers(2);
    await hold(showId, alice, { quantity: 9 });
    await hold(showId, bob, { quantity: 3 });
    await refused(422, "too_many_seats", { max_seats: 10 }, "POST", waitlist(showId), { token: bob, json: { quantity: 11 } });
    await refused(422, "too_many_seats", { max_seats: 10, held: 3 }, "POST", waitlist(showId), { token: bob, json: { quantity: 8 } });
    await join(showId, bob, { quantity: 7 });
});

test("a show without a waitlist, or not on sale, has no queue: waitlist_closed, not_on_sale", async () => {
    const { showId } = await fullShow({ waitlist_enabled: false });
    const token = makeBuyer();
    assert.equal((await get(`/api/v1/shows/${showId}`)).waitlist_open, false);
    await refused(409, "sold_out", { waitlist_open: false }, "POST", `/api/v1/shows/${showId}/holds`, { token, json: { quantity: 1 } });
    await refused(409, "waitlist_closed", {}, "POST", waitlist(showId), { token, json: { quantity: 1 } });
    const closed = makeShow({ places: 4, status: "closed" });
    await refused(422, "not_on_sale", {}, "POST", waitlist(closed), { token, json: { quantity: 1 } });
});

test("a purchase needs a payment method: no_payment_method", async () => {
    const { showId } = await fullShow();
    await refused(409, "no_payment_method", {}, "POST", waitlist(showId), { token: makeBuyer(), json: { quantity: 1, mode: "buy" } });
});

test("with an Idempotency-Key a repeat gets the first entry, and another wish is refused", async () => {
    const { showId } = await fullShow();
    const token = makeBuyer();
    const headers = { "Idempotency-Key": randomUUID() };
    const first = await join(showId, token, { quantity: 1 }, headers);
    assert.deepEqual(await join(showId, token, { quantity: 1 }, headers), first);
    await refused(422, "idempotency_key_reused", {}, "POST", waitlist(showId), { token, json: { quantity: 2 }, headers });
});

test("freed seats go to the first in line as an offer, which is paid like any booking; the others move up", async () => {
    const { showId, alice, bob, a, b } = await fullShow();
    const [carol, dave, erin] = makeBuyers(3);
    const places = [];
    for (const token of [carol, dave, erin]) places.push((await join(showId, token, { quantity: 2 })).entry_id);
    for (const [n, token] of [carol, dave, erin].entries()) assert.equal((await entry(places[n], token)).position, n + 1);

    await release(a, alice);
    const offered = await entry(places[0], carol);
    assert.deepEqual([offered.status, offered.position], ["offered", null]);
    assert.deepEqual([(await entry(places[1], dave)).position, (await entry(places[2], erin)).position], [1, 2]);
    await refused(409, "sold_out", { waitlist_open: true }, "POST", `/api/v1/shows/${showId}/holds`, { token: alice, json: { quantity: 1 } });
    const offer = await booking(offered.booking_id, carol);
    assert.deepEqual([offer.status, offer.seats.length, offer.amount.value], ["held", 2, 2400]);
    assert.ok(offer.expires_in > 290 && offer.expires_in <= 300, `${offer.expires_in}`);
    assert.equal((await pay(offered.booking_id, carol)).status, "paid");
    const fulfilled = await entry(places[0], carol);
    assert.deepEqual([fulfilled.status, fulfilled.end_reason], ["fulfilled", "bought"]);

    await expect(204, "DELETE", `/api/v1/waitlist/${places[1]}`, { token: dave });
    assert.deepEqual([(await entry(places[1], dave)).status, (await entry(places[1], dave)).end_reason], ["cancelled", "left"]);
    await refused(409, "not_waiting", { entry_status: "cancelled" }, "DELETE", `/api/v1/waitlist/${places[1]}`, { token: dave });
    assert.equal((await entry(places[2], erin)).position, 1);
    await release(b, bob);
    assert.equal((await entry(places[2], erin)).status, "offered");
    await refused(409, "not_waiting", { entry_status: "fulfilled" }, "DELETE", `/api/v1/waitlist/${places[0]}`, { token: carol });
});

test("an offer that is given back, left, or not paid in time goes to the next", async () => {
    const { showId, alice, a } = await fullShow();
    const buyers = makeBuyers(4);
    const places = [];
    for (const token of buyers) places.push((await join(showId, token, { quantity: 2 })).entry_id);
    await release(a, alice);

    await release((await entry(places[0], buyers[0])).booking_id, buyers[0]);
    assert.equal((await entry(places[0], buyers[0])).end_reason, "offer_released");
    assert.equal((await entry(places[1], buyers[1])).status, "offered");

    await expect(204, "DELETE", `/api/v1/waitlist/${places[1]}`, { token: buyers[1] });
    assert.equal((await entry(places[2], buyers[2])).status, "offered");

    letLapse(showId);
    sql(`select sales.expire_bookings(${showId})`);
    const lapsed = await entry(places[2], buyers[2]);
    assert.deepEqual([lapsed.status, lapsed.end_reason], ["expired", "offer_lapsed"]);
    assert.equal((await entry(places[3], buyers[3])).status, "offered");
});

test("a declined card leaves an offer to be paid with another", async () => {
    const { showId, alice, a } = await fullShow();
    const token = makeBuyer();
    const { entry_id } = await join(showId, token, { quantity: 2 });
    await release(a, alice);
    const { booking_id } = await entry(entry_id, token);
    assert.equal((await pay(booking_id, token, { payment_method: "pm_card_chargeDeclined" })).status, "held");
    assert.equal((await entry(entry_id, token)).status, "offered");
    assert.equal((await pay(booking_id, token)).status, "paid");
    assert.equal((await entry(entry_id, token)).status, "fulfilled");
});

test("in mode buy the card is kept while waiting, and charged at once as the provider's customer", async () => {
    const { showId, alice, a } = await fullShow();
    const token = makeBuyer();
    const { entry_id } = await join(showId, token, { quantity: 2, mode: "buy", payment_method: "pm_card_visa" });
    const [method] = (await eventually(() => get("/api/v1/payment_methods", { token }), ({ items }) => items.length > 0)).items;
    assert.deepEqual(Object.keys(method).sort(), ["label", "payment_method", "saved_at"]);
    assert.match(method.label, /visa.*4242/i);

    await release(a, alice);
    const bought = await becomes(entry_id, token, "fulfilled");
    assert.equal(bought.end_reason, "bought");
    const paid = await eventually(() => booking(bought.booking_id, token), ({ payment }) => payment.status === "succeeded");
    assert.deepEqual([paid.status, paid.tickets.length], ["paid", 2]);
    const ref = sql(`select p.provider_ref from sales.payments as p inner join waitlist.entries as e using (show_id, booking_id)
        where e.show_id = ${showId} and p.kind = 'charge'`);
    assert.equal(
        sql(`select count(*) from sandbox.payment_intents as i inner join account.provider_customers as c on c.customer_ref = i.customer_id
            where i.payment_intent_id = '${ref}'`),
        "1",
        "the charge is of the buyer's customer",
    );

    // The saved one is used without being named, and no more once it is removed.
    const other = await fullShow();
    const again = await join(other.showId, token, { quantity: 1, mode: "buy" });
    await release(other.a, other.alice);
    await becomes(again.entry_id, token, "fulfilled");
    await expect(204, "DELETE", `/api/v1/payment_methods/${method.payment_method}`, { token });
    await refused(404, "not_found", {}, "DELETE", `/api/v1/payment_methods/${method.payment_method}`, { token });
    const third = await fullShow();
    await refused(409, "no_payment_method", {}, "POST", waitlist(third.showId), { token, json: { quantity: 1, mode: "buy" } });
});

test("a card that the provider refuses to keep ends the entry at once, and nobody behind waits for it", async () => {
    const { showId, alice, a } = await fullShow();
    const [carol, dave] = makeBuyers(2);
    const refusedEntry = await join(showId, carol, { quantity: 2, mode: "buy", payment_method: "pm_card_chargeDeclined" });
    const behind = await join(showId, dave, { quantity: 2 });
    const ended = await becomes(refusedEntry.entry_id, carol, "failed");
    assert.deepEqual([ended.end_reason, ended.booking_id], ["payment_failed", null]);
    assert.equal((await get("/api/v1/payment_methods", { token: carol })).items.length, 0);
    await release(a, alice);
    assert.equal((await entry(behind.entry_id, dave)).status, "offered");
});

test("a card that is kept but declined when its turn comes passes the seats on", async () => {
    const { showId, alice, a } = await fullShow();
    const [carol, dave] = makeBuyers(2);
    const first = await join(showId, carol, { quantity: 2, mode: "buy", payment_method: "pm_card_chargeCustomerFail" });
    const behind = await join(showId, dave, { quantity: 2 });
    await eventually(() => get("/api/v1/payment_methods", { token: carol }), ({ items }) => items.length > 0);
    await release(a, alice);
    const failed = await becomes(first.entry_id, carol, "failed");
    assert.equal(failed.end_reason, "payment_failed");
    assert.equal((await booking(failed.booking_id, carol)).payment.status, "failed");
    assert.equal((await entry(behind.entry_id, dave)).status, "offered");
});

test("what is refunded goes to the waitlist first", async () => {
    const { showId, alice, a } = await fullShow();
    assert.equal((await pay(a, alice)).status, "paid");
    const token = makeBuyer();
    const { entry_id } = await join(showId, token, { quantity: 2 });
    await expect(202, "POST", `/api/v1/bookings/${a}/refund`, { token: alice, json: {} });
    assert.equal((await entry(entry_id, token)).status, "offered");
});

test("the sale that makes a wish impossible ends it", async () => {
    const { showId, alice, a } = await fullShow();
    const token = makeBuyer();
    const { entry_id } = await join(showId, token, { quantity: 3 });
    assert.equal((await pay(a, alice)).status, "paid");
    const ended = await entry(entry_id, token);
    assert.deepEqual([ended.status, ended.end_reason], ["failed", "cannot_be_met"]);
});

test("a card kept while paying buys in a queue later", async () => {
    const { showId, alice, a, bob, b } = await fullShow();
    assert.equal((await pay(a, alice, { payment_method: "pm_card_visa", save_method: true })).status, "paid");
    assert.equal((await get("/api/v1/payment_methods", { token: alice })).items.length, 1);
    const { entry_id } = await join(showId, alice, { quantity: 1, mode: "buy" });
    await release(b, bob);
    await becomes(entry_id, alice, "fulfilled");
});

endInPeace();

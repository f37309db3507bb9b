// What others do at the payment provider: charges that carry our metadata, captures, cancellations and refunds by hand, refunds that
// fail. Each through the provider's API and its webhooks; the rules one by one: tests/sql/provider_truth_test.sql.
import assert from "node:assert/strict";
import { test } from "node:test";
import Stripe from "stripe";
import { eventually, expect, get, refused } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, sandbox, sql, stripeKey } from "../support/instance.mjs";
import { mailTo } from "../support/mail.mjs";

const endInPeace = endsInPeace();

const { hostname, port } = new URL(sandbox);
// Other files have the sandbox misbehave meanwhile.
const stripe = new Stripe(stripeKey, { host: hostname, port, protocol: "http", maxNetworkRetries: 5 });

const booking = (id, token) => get(`/api/v1/bookings/${id}`, { token });
const pay = (id, token, json) => expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json }).then(({ body }) => body);
const captured = (id, token) => eventually(() => booking(id, token), ({ payment }) => payment?.status === "succeeded");
const intentStatus = (id) => stripe.paymentIntents.retrieve(id).then(({ status }) => status);
const settle = (id) => `/api/v1/admin/payments/${id}/settle`;
const emailOf = (token) => `${token}@test.example`;

const staff = makeStaff();
const admin = makeStaff();
sql(`update account.users set role = 'admin' where email = '${emailOf(admin)}'`);

// What a person is told of a show: "reason|what the provider said", a line each.
const told = (showId) => sql(`select reason, said_amount_minor from report.stuck_payments where show_id = ${showId} order by 1, 2`);
const isTold = (showId, what) => eventually(() => told(showId), (lines) => lines === what);

async function bought(showId, token, wish, card = "pm_card_visa") {
    const { booking_id } = await hold(showId, token, wish);
    await pay(booking_id, token, { payment_method: card });
    return captured(booking_id, token);
}

const metadataOf = (showId, status) => {
    const [show_id, payment_id] = sql(`select show_id, payment_id from sales.payments where show_id = ${showId} and kind = 'charge' and status = '${status}'`).split("|");
    return { show_id, payment_id };
};

// A booking of one seat that is paid and whose capture nobody asks for: [booking, intent].
async function authorized(showId, token) {
    const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
    // The test takes the worker's place.
    sql(`
        begin;
        select sales.begin_payment(b.show_id, b.booking_id, b.user_id, 'pm_card_visa') from sales.bookings as b where b.show_id = ${showId};
        update ops.outbox set done_at = now() where show_id = ${showId} and kind = 'authorize';
        commit;`);
    const intent = await stripe.paymentIntents.create({
        amount: 1200, currency: "eur", payment_method: "pm_card_visa", confirm: true, capture_method: "manual", payment_method_types: ["card"],
        metadata: metadataOf(showId, "pending"),
    });
    sql(`
        begin;
        select sales.hear_intent(p.show_id, p.payment_id, '${JSON.stringify(intent)}', 'answer') from sales.payments as p where p.show_id = ${showId};
        update ops.outbox set done_at = now() where show_id = ${showId} and kind = 'capture';
        commit;`);
    assert.equal((await booking(booking_id, token)).status, "paid");
    return [booking_id, intent.id];
}

test("somebody else's charge of 0.50 that names a pending payment sells nothing, is refunded and listed", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { seats: ["A-1", "A-2"] });
    const { checkout_url } = await pay(booking_id, token, { return_url: `${gateway}/bookings/${booking_id}` });
    const foreign = await stripe.paymentIntents.create({
        amount: 50, currency: "eur", payment_method: "pm_card_visa", confirm: true, payment_method_types: ["card"], metadata: metadataOf(showId, "pending"),
    });
    await isTold(showId, "foreign_charge|50");
    await eventually(() => stripe.refunds.list({ payment_intent: foreign.id }), ({ data }) => data[0]?.amount === 50);
    assert.equal((await booking(booking_id, token)).status, "paying");
    await expect(303, "POST", new URL(checkout_url).pathname, { base: sandbox, form: { act: "pay", card: "pm_card_visa" } });
    const paid = await captured(booking_id, token);
    assert.equal(sql(`select amount_received_minor from sandbox.payment_intents as i inner join sales.payments as p on p.provider_ref = i.payment_intent_id where p.show_id = ${showId}`), "2400");
    await eventually(() => sql(`select returned_at is not null from sales.discrepancies where show_id = ${showId}`), (is) => is === "t");

    await refused(403, "forbidden", {}, "POST", settle(paid.payment.payment_id), { token: staff, json: { note: "Somebody played." } });
    await refused(400, "invalid_request", { field: "note" }, "POST", settle(paid.payment.payment_id), { token: admin, json: { note: " " } });
    const { body } = await expect(200, "POST", settle(paid.payment.payment_id), { token: admin, json: { note: "Somebody played." } });
    assert.deepEqual([body.payment_id, body.booking_id, body.status, body.note], [paid.payment.payment_id, booking_id, "succeeded", "Somebody played."]);
    assert.equal(told(showId), "");
    await refused(409, "nothing_to_settle", { payment_status: "succeeded" }, "POST", settle(paid.payment.payment_id), { token: admin, json: { note: "Again." } });
    await refused(404, "not_found", {}, "POST", settle(booking_id), { token: admin, json: { note: "What?" } });
});

test("a second charge and a second authorization of a paid booking are returned and listed", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    await bought(showId, token, { seats: ["A-1"] });
    const again = { amount: 1200, currency: "eur", payment_method: "pm_card_visa", confirm: true, payment_method_types: ["card"], metadata: metadataOf(showId, "succeeded") };
    const charge = await stripe.paymentIntents.create(again);
    const authorization = await stripe.paymentIntents.create({ ...again, capture_method: "manual" });
    await eventually(() => intentStatus(authorization.id), (status) => status === "canceled");
    await eventually(() => stripe.refunds.list({ payment_intent: charge.id }), ({ data }) => data[0]?.amount === 1200);
    await isTold(showId, "second_charge|1200\nsecond_charge|1200");
    assert.equal(sql(`select charged_minor, refunded_minor from report.ledger where show_id = ${showId}`), "1200|0");
});

test("a part of an authorization that is captured by hand is booked as what it is", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const [id, intent] = await authorized(showId, token);
    await stripe.paymentIntents.capture(intent, { amount_to_capture: 100 });
    await isTold(showId, "captured_less|100");
    await captured(id, token);
    assert.equal(sql(`select charged_minor - refunded_minor, unmatched_minor from report.ledger where show_id = ${showId}`), "100|1100");
});

test("an authorization that is cancelled by hand voids the tickets, and the buyer is told", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const [id, intent] = await authorized(showId, token);
    await stripe.paymentIntents.cancel(intent);
    const lost = await eventually(() => booking(id, token), ({ status }) => status === "refunded");
    assert.deepEqual([lost.payment.status, lost.tickets.map(({ status }) => status), lost.refunds], ["voided", ["void"], []]);
    await isTold(showId, "authorization_canceled|1200");
    assert.equal((await hold(showId, makeBuyer(), { seats: ["A-1"] })).status, "held", "the seat is free");
    await mailTo(emailOf(token), ({ subject }) => subject.startsWith("Your tickets are no longer valid"));
});

test("refunds in the provider's dashboard are booked, and the tickets void when the money is gone", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id, payment } = await bought(showId, token, { seats: ["A-1", "A-2"] });
    const payment_intent = sql(`select provider_ref from sales.payments where show_id = ${showId}`);
    await stripe.refunds.create({ payment_intent, amount: 500 });
    await isTold(showId, "refunded_by_hand|500");
    const part = await booking(booking_id, token);
    assert.deepEqual([part.status, part.refunds.map(({ amount, status, seats }) => [amount.value, status, seats])], ["paid", [[500, "succeeded", []]]]);
    await stripe.refunds.create({ payment_intent });
    const whole = await eventually(() => booking(booking_id, token), ({ status }) => status === "refunded");
    assert.deepEqual(whole.tickets.map(({ status }) => status), ["void", "void"]);
    assert.equal(sql(`select charged_minor, refunded_minor, difference_minor from report.ledger where show_id = ${showId}`), "2400|2400|0");
    await expect(200, "POST", settle(payment.payment_id), { token: admin, json: { note: "The projector broke." } });
    assert.equal(told(showId), "");
});

test("a refund that fails comes to an end: its buyer is told, and an administrator settles it by hand", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id } = await bought(showId, token, { seats: ["A-1"] }, "pm_card_refundFail");
    await expect(202, "POST", `/api/v1/bookings/${booking_id}/refund`, { token, json: { reason: "ill" } });
    const failed = await eventually(() => booking(booking_id, token), ({ refunds }) => refunds[0].status === "failed");
    assert.equal(failed.status, "refunded");
    assert.equal(sql(`select reason from report.stuck_payments where show_id = ${showId}`), "refund_failed");
    const { text } = await mailTo(emailOf(token), ({ subject }) => subject.startsWith("Your refund did not go through"));
    assert.match(text, /12\.00/);
    const page = await expect(200, "GET", `/bookings/${booking_id}`, { token });
    assert.match(page.text, /Did not go through/);
    const refund = sql(`select sales.public_id('pay', show_id, payment_id) from sales.payments where show_id = ${showId} and kind = 'refund'`);
    await expect(200, "POST", settle(refund), { token: admin, json: { note: "Paid at the counter." } });
    assert.equal((await booking(booking_id, token)).refunds[0].status, "succeeded");
    assert.equal(told(showId), "");
    assert.equal(sql(`select count(*) from sales.show_events where show_id = ${showId} and kind = 'payment_settled' and user_id is not null`), "1");
});

endInPeace();

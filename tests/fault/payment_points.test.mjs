// Each process that takes part in a payment is killed with -9 right before and right after each step of it, in the midst of at
// least 200 purchases a place; PostgreSQL is killed while another process stands still there. Afterwards what was charged at the
// provider is what is sold here. Places and orders: server/base/fault.hpp.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "../support/client.mjs";
import { makeBuyers, makeShow } from "../support/house.mjs";
import { pidOf, sandbox, sql } from "../support/instance.mjs";

const purchaseCount = 200;
const buyerCount = 32;
const patience = 60_000; // milliseconds until all is well again
const orders = process.env.BOXOFFICE_FAULT;
const taken = `${orders}.taken`;

before(() => {
    assert.ok(orders, "BOXOFFICE_FAULT is not set: run this by ./boxoffice test");
    rmSync(orders, { force: true });
    rmSync(taken, { force: true });
});

async function eventually(what, holds, pause = 10) {
    for (const end = Date.now() + patience; !(await holds()); await sleep(pause)) assert.ok(Date.now() < end, what);
}

// Null where the database does not answer just now.
function ask(text) {
    try {
        return sql(text);
    } catch {
        return null;
    }
}

// Asks until there is an answer that says something; repeats carry the same Idempotency-Key.
async function insist(method, to, options) {
    let answer;
    await eventually(`${method} ${to} is not answered any more`, async () => {
        try {
            answer = await send(method, to, options);
        } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
            return false;
        }
        return ![502, 503, 504].includes(answer.status);
    });
    return answer;
}

const keyed = () => ({ "Idempotency-Key": randomUUID() });

async function hold(token, showId, quantity) {
    const held = await insist("POST", `/api/v1/shows/${showId}/holds`, { token, json: { quantity }, headers: keyed() });
    assert.equal(held.status, 201, held.text);
    return held.body.booking_id;
}

async function pay(token, bookingId, json) {
    const begun = await insist("POST", `/api/v1/bookings/${bookingId}/payments`, { token, json, headers: keyed() });
    assert.equal(begun.status, 202, begun.text);
    return begun.body;
}

async function settled(token, bookingId) {
    let booking;
    await eventually(
        `${bookingId} stays paying`,
        async () => {
            booking = (await insist("GET", `/api/v1/bookings/${bookingId}`, { token })).body;
            return booking.status !== "paying";
        },
        40,
    );
    return booking;
}

// A purchase by token; one in eight is declined first.
async function buyByToken(token, showId, n) {
    const bookingId = await hold(token, showId, 1 + (n % 2));
    if (n % 8 === 7) {
        await pay(token, bookingId, { payment_method: "pm_card_chargeDeclined" });
        assert.equal((await settled(token, bookingId)).status, "held");
    }
    await pay(token, bookingId, { payment_method: "pm_card_visa" });
    assert.equal((await settled(token, bookingId)).status, "paid");
    return bookingId;
}

// A purchase on the provider's page. Every fourth card is declined first.
async function buyOnPage(token, showId, n) {
    const bookingId = await hold(token, showId, 1 + (n % 2));
    const { checkout_url } = await pay(token, bookingId, { return_url: "/bookings" });
    const page = new URL(checkout_url).pathname;
    if (n % 4 === 3) await insist("POST", page, { base: sandbox, form: { act: "pay", card: "pm_card_chargeDeclined" } });
    await insist("POST", page, { base: sandbox, form: { act: "pay", card: "pm_card_visa" } });
    assert.equal((await settled(token, bookingId)).status, "paid");
    return bookingId;
}

// The provider's page is closed before anybody pays there (see disturbances); then a purchase by token.
async function leavePage(token, showId, n) {
    const bookingId = await hold(token, showId, 1 + (n % 2));
    await pay(token, bookingId, { return_url: "/bookings" });
    assert.equal((await settled(token, bookingId)).status, "held");
    await pay(token, bookingId, { payment_method: "pm_card_visa" });
    assert.equal((await settled(token, bookingId)).status, "paid");
    return bookingId;
}

// A purchase that is given back; it may not have been captured yet.
async function buyAndReturn(token, showId, n) {
    const bookingId = await buyByToken(token, showId, n);
    const back = await insist("POST", `/api/v1/bookings/${bookingId}/refund`, { token, json: { reason: "changed my mind" } });
    assert.equal(back.status, 202, back.text);
    return bookingId;
}

// A purchase that may fail here before the provider's authorization is told (see disturbances), so that this one is voided.
async function buyTooLate(token, showId, n) {
    const bookingId = await hold(token, showId, 1 + (n % 2));
    do await pay(token, bookingId, { payment_method: "pm_card_visa" });
    while ((await settled(token, bookingId)).status === "held");
    return bookingId;
}

// What is done to a show's payments again and again, while it is sold.
const disturbances = new Map([
    [leavePage, "select sales.ask_to_expire_checkout(p.show_id, p.payment_id, p.checkout_ref) from sales.payments as p where p.checkout_ref is not null and"],
    // Each booking three times at most: on a busy machine a payment is under way for so long that none would ever be through.
    [buyTooLate, `select sales.fail_payment(p.show_id, p.payment_id, 'given_up') from sales.payments as p where random() < 0.5
        and (select count(*) from sales.payments as q where q.show_id = p.show_id and q.booking_id = p.booking_id) < 4 and`],
]);

// Orders what is to happen at the place; what stands still there is let go once `meanwhile` is over.
async function order(place, act, meanwhile = () => {}) {
    rmSync(taken, { force: true });
    writeFileSync(`${orders}.new`, `${place} ${act}\n`);
    renameSync(`${orders}.new`, orders);
    await eventually(`nobody comes to ${place}`, () => existsSync(taken), 2);
    await meanwhile();
    rmSync(taken);
}

// What a dead worker had borrowed is due: its lease is over, without the wait.
async function endLeases(pid) {
    await eventually("the leases cannot be ended", () => ask(`
        update ops.outbox set run_at = now(), leased_until = now()
        where leased_by like '%:${pid}' and done_at is null and dead_at is null`) !== null);
}

const kills = {
    async self(place, part) {
        const pid = pidOf(part);
        await order(place, "kill");
        await eventually(`the ${part} is not started again`, () => pidOf(part) !== pid);
        if (part === "worker") await endLeases(pid);
    },
    async postgres(place) {
        const pid = pidOf("postgres");
        await order(place, "hold", () => process.kill(pid, "SIGKILL"));
        await eventually("PostgreSQL is not started again", () => pidOf("postgres") !== pid);
    },
};

// Charged at the provider if and only if sold here, the same amounts, one charge a booking, and nothing left to do.
async function isAllWell(showId, bookings) {
    await eventually(
        `work stays open: ${ask(`select json_agg(o) from ops.outbox as o where o.show_id = ${showId} and o.done_at is null and o.kind <> 'mail'`)}`,
        () => ask(`select count(*) from ops.outbox where show_id = ${showId} and done_at is null and kind <> 'mail'`) === "0",
        50,
    );
    assert.equal(
        sql(`
            with ours as (
                select
                    c.payment_id::text,
                    c.provider_ref,
                    case when c.status = 'succeeded' then c.amount_minor else 0 end as taken,
                    c.refunded_minor as given_back
                from sales.payments as c
                where c.show_id = ${showId} and c.kind = 'charge' and c.status in ('succeeded', 'voided')
            ),
            theirs as (
                select metadata ->> 'payment_id', payment_intent_id, amount_received_minor, amount_refunded_minor
                from sandbox.payment_intents
                where metadata ->> 'show_id' = '${showId}' and status <> 'requires_payment_method'
            )
            select 'sold, not charged', * from (table ours except all table theirs) as a
            union all
            select 'charged, not sold', * from (table theirs except all table ours) as b`),
        "",
        "charged at the provider if and only if sold here, and the same amounts",
    );
    assert.equal(
        sql(`
            select booking_id, count(*) from sales.payments
            where show_id = ${showId} and kind = 'charge' and status in ('pending', 'authorized', 'succeeded')
            group by 1 having count(*) > 1`),
        "",
        "one charge a booking",
    );
    assert.equal(
        sql(`select count(*) from sales.bookings where show_id = ${showId} and status in ('paid', 'refunded')`),
        String(bookings.length),
        "each acknowledged purchase is there, and no other",
    );
    assert.equal(sql(`select count(*) from sales.bookings where show_id = ${showId}`), String(new Set(bookings).size));
    assert.equal(sql(`select count(*) from ops.outbox where show_id = ${showId} and dead_at is not null and kind <> 'mail'`), "0", "nothing was given up");
    assert.equal(sql("select problem, show_id, booking_id, detail from report.inconsistencies"), "");
    assert.equal(sql(`select * from report.stuck_payments where show_id = ${showId}`), "");
}

const server = (step) => [`${step}.asked`, `${step}.answered`];
const worker = (kind) => [`${kind}.claimed`, `${kind}.answered`, `${kind}.finished`];

// [how to buy, part, places at which it is killed, places of it at which PostgreSQL is killed]
const cases = [
    [buyByToken, "server", [...server("api.create_payment"), ...server("api.receive_stripe_event")], server("api.create_payment")],
    [buyByToken, "worker", [...worker("authorize"), ...worker("capture")], ["authorize.claimed", "authorize.answered", "capture.answered"]],
    [buyByToken, "sandbox", [...server("sandbox/payment_intents"), ...server("sandbox/capture")], server("sandbox/payment_intents")],
    [buyOnPage, "worker", worker("open_checkout"), ["open_checkout.answered"]],
    [buyOnPage, "sandbox", [...server("sandbox/sessions"), ...server("sandbox/pay")], ["sandbox/pay.answered"]],
    [leavePage, "worker", worker("expire_checkout"), []],
    [buyAndReturn, "worker", worker("refund"), ["refund.answered"]],
    [buyAndReturn, "sandbox", server("sandbox/refunds"), []],
    [buyTooLate, "worker", worker("void"), ["void.answered"]],
    [buyTooLate, "sandbox", server("sandbox/cancel"), []],
];

for (const [buy, part, places, heldAt] of cases) {
    for (const [victim, place] of [...places.map((each) => [part, each]), ...heldAt.map((each) => ["postgres", each])]) {
        test(`${place}: the ${victim} killed there loses nothing of ${purchaseCount} purchases`, { timeout: 2 * patience }, async () => {
            const showId = makeShow({ places: 2 * purchaseCount });
            const tokens = makeBuyers(purchaseCount);
            // Where payments are to fail under way, they are under way for a while.
            sql(`update sandbox.behaviour set (delay_ms, webhooks_enabled) = (${buy === buyTooLate ? "100, false" : "0, true"})`);
            const bookings = [];
            let begun = 0;
            const crowd = Array.from({ length: buyerCount }, async () => {
                for (let n = begun++; n < purchaseCount; n = begun++) bookings.push(await buy(tokens[n], showId, n));
            });
            const killing = (async () => {
                await eventually("purchases do not go on", () => bookings.length >= (disturbances.has(buy) ? 1 : buyerCount));
                await (victim === "postgres" ? kills.postgres(place) : kills.self(place, part));
            })();
            const disturbing = (async () => {
                for (; disturbances.has(buy) && bookings.length < purchaseCount; await sleep(30)) {
                    ask(`${disturbances.get(buy)} p.show_id = ${showId} and p.status = 'pending'`);
                }
            })();
            await Promise.all([...crowd, killing, disturbing]);
            assert.equal(bookings.length, purchaseCount);
            await isAllWell(showId, bookings);
        });
    }
}

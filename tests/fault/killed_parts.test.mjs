// Each part is killed with -9 in the midst of purchases, three times. Afterwards nothing that was acknowledged is lost, what
// was charged is what was sold, and the seats, bookings, payments and tickets agree.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "../support/client.mjs";
import { makeBuyers, makeShow } from "../support/house.mjs";
import { pidOf, sql } from "../support/instance.mjs";

const buyerCount = 16;
const purchasesEach = 10; // at least, and until the last kill
const killCount = 3;
const patience = 90_000; // milliseconds until all is well again

// Asks until there is an answer that says something: a lost connection and a 502, 503 or 504 say nothing. Repeats carry the
// same Idempotency-Key, so that what was done already is not done twice.
async function insist(method, path, options) {
    for (const end = Date.now() + patience; ;) {
        try {
            const answer = await send(method, path, options);
            if (![502, 503, 504].includes(answer.status)) return answer;
        } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
        }
        assert.ok(Date.now() < end, `${method} ${path} is not answered any more`);
        await sleep(50);
    }
}

// One purchase after the other; notes in `seen` what was acknowledged.
async function buy(token, showId, seen) {
    for (let i = 0; i < purchasesEach || seen.kills < killCount; i++) {
        const held = await insist("POST", `/api/v1/shows/${showId}/holds`, {
            token,
            json: { quantity: 1 + (i % 3) },
            headers: { "Idempotency-Key": randomUUID() },
        });
        assert.equal(held.status, 201, held.text);
        const bookingId = held.body.booking_id;
        seen.held.push(bookingId);

        // One in five is declined first.
        const methods = i % 5 === 4 ? ["pm_card_chargeDeclined", "pm_card_visa"] : ["pm_card_visa"];
        for (const method of methods) {
            const begun = await insist("POST", `/api/v1/bookings/${bookingId}/payments`, {
                token,
                json: { payment_method: method },
                headers: { "Idempotency-Key": randomUUID() },
            });
            assert.equal(begun.status, 202, begun.text);
            seen.payments.push(begun.body.payment_id);
            let booking;
            for (const end = Date.now() + patience; ;) {
                booking = (await insist("GET", `/api/v1/bookings/${bookingId}`, { token })).body;
                if (booking.status !== "paying") break;
                assert.ok(Date.now() < end, `${bookingId} stays paying`);
                await sleep(20);
            }
            assert.equal(booking.status, method === "pm_card_visa" ? "paid" : "held", JSON.stringify(booking));
            if (booking.status === "paid") seen.paid.push(...booking.tickets.map((ticket) => ticket.ticket_id));
        }
    }
}

async function eventually(what, holds) {
    for (const end = Date.now() + patience; !holds(); await sleep(10)) assert.ok(Date.now() < end, what);
}

// Kills the part, and returns once another process has taken its place. It may just be on its way up after the last time.
async function kill(part) {
    let pid;
    await eventually(`the ${part} does not run`, () => {
        try {
            pid = pidOf(part);
            return process.kill(pid, "SIGKILL");
        } catch {
            return false;
        }
    });
    await eventually(`the ${part} is not started again`, () => pidOf(part) !== pid);
}

const answers = (text) => {
    try {
        return sql(text);
    } catch {
        return null;
    }
};

for (const part of ["server", "worker", "sandbox", "gateway", "postgres"]) {
    test(`the ${part} killed three times in the midst of purchases loses nothing that was acknowledged`, async () => {
        const showId = makeShow({ places: 10000 });
        const seen = { held: [], payments: [], paid: [], kills: 0 };
        const buyers = Promise.all(makeBuyers(buyerCount).map((token) => buy(token, showId, seen)));
        const killer = (async () => {
            for (; seen.kills < killCount; seen.kills++) {
                const before = seen.paid.length;
                await eventually("purchases do not go on", () => seen.paid.length >= before + 20);
                await kill(part);
            }
        })();
        await Promise.all([buyers, killer]);

        assert.ok(seen.held.length >= buyerCount * purchasesEach);
        // A mail that a dead worker had in hand is lent for longer than this waits.
        await eventually("work stays open", () => answers("select count(*) from ops.outbox where done_at is null and dead_at is null and kind <> 'mail'") === "0");
        const array = (ids) => `array[${ids.map((id) => `'${id}'`).join()}]`;
        const count = (text) => Number(sql(text));
        assert.equal(
            count(`select count(*) from unnest(${array(seen.held)}) as a (id) inner join sales.bookings as b on sales.public_id('bk', b.show_id, b.booking_id) = a.id where b.show_id = ${showId} and b.status = 'paid'`),
            seen.held.length,
            "a booking that was acknowledged and paid is there",
        );
        assert.equal(count(`select count(*) from sales.bookings where show_id = ${showId}`), seen.held.length, "and no other: repeats made none");
        assert.equal(
            count(`select count(*) from unnest(${array(seen.paid)}) as a (id) inner join sales.tickets as t on sales.public_id('tk', t.show_id, t.ticket_id) = a.id where t.show_id = ${showId} and t.status = 'valid'`),
            seen.paid.length,
            "a ticket that was shown is valid",
        );
        assert.equal(count(`select count(*) from sales.show_seats where show_id = ${showId} and status = 'sold'`), seen.paid.length);
        assert.equal(
            sql(`
                with ours as (
                    select payment_id::text, provider_ref, amount_minor
                    from sales.payments
                    where show_id = ${showId} and status = 'succeeded'
                ),
                theirs as (
                    select metadata ->> 'payment_id' as payment_id, payment_intent_id as provider_ref, amount_received_minor as amount_minor
                    from sandbox.payment_intents
                    where metadata ->> 'show_id' = '${showId}' and status not in ('canceled', 'requires_payment_method')
                )
                select 'sold, not charged', * from (table ours except all table theirs) as a
                union all
                select 'charged, not sold', * from (table theirs except all table ours) as b`),
            "",
            "charged at the provider if and only if sold here, and once",
        );
        assert.equal(sql("select problem, show_id, booking_id, detail from report.inconsistencies"), "");
        assert.equal(sql("select * from report.stuck_payments"), "");
    });
}

test("a hold lives through the death of every part that is not the database's disk", async () => {
    const showId = makeShow({ places: 10 });
    const [token] = makeBuyers(1);
    const held = await insist("POST", `/api/v1/shows/${showId}/holds`, { token, json: { quantity: 4 } });
    assert.equal(held.status, 201);
    for (const part of ["server", "worker", "postgres"]) {
        await kill(part);
        const booking = await insist("GET", `/api/v1/bookings/${held.body.booking_id}`, { token });
        assert.equal(booking.body?.status, "held", booking.text);
    }
    assert.equal(sql(`select count(*) from sales.show_seats where show_id = ${showId} and status = 'held'`), "4");
});

// Each part is killed with -9 in the midst of a waitlist that is served. Afterwards everybody who was told to be in the queue is there,
// each was served in the order of joining and once, and what was charged is what was sold.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "../support/client.mjs";
import { makeBuyers, makeShow } from "../support/house.mjs";
import { pidOf, sql } from "../support/instance.mjs";

const places = 24;
const buyerCount = 20;
const killCount = 2;
const offersBetween = 12; // each kill, at least
const patience = 60_000; // milliseconds until all is well again

// Asks until there is an answer that says something: a lost connection and a 502, 503 or 504 say nothing.
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

const repeatable = () => ({ "Idempotency-Key": randomUUID() });

async function until(token, path, isDone) {
    for (const end = Date.now() + patience; ;) {
        const { body } = await insist("GET", path, { token });
        if (isDone(body)) return body;
        assert.ok(Date.now() < end, `${path} stays ${JSON.stringify(body)}`);
        await sleep(40);
    }
}

// Pays, and returns the booking; what is paid is given back a little later, so that there is something to wait for.
async function payAndReturn(token, bookingId) {
    const begun = await insist("POST", `/api/v1/bookings/${bookingId}/payments`, {
        token,
        json: { payment_method: "pm_card_visa" },
        headers: repeatable(),
    });
    if (begun.status !== 202) return; // it lapsed meanwhile
    const booking = await until(token, `/api/v1/bookings/${bookingId}`, (now) => now.status !== "paying");
    if (booking.status === "paid") await giveBack(token, bookingId);
}

async function giveBack(token, bookingId) {
    const answer = await insist("POST", `/api/v1/bookings/${bookingId}/refund`, { token, json: { reason: "a test" } });
    assert.equal(answer.status, 202, answer.text);
}

// Takes seats if there are some and waits for them if there are none, until the last kill.
async function buy(token, number, showId, seen) {
    for (let i = number; seen.kills < killCount; i++) {
        const held = await insist("POST", `/api/v1/shows/${showId}/holds`, { token, json: { quantity: 2 + (i % 2) }, headers: repeatable() });
        if (held.status === 201) {
            await sleep(50);
            if (i % 2) await payAndReturn(token, held.body.booking_id);
            else await insist("DELETE", `/api/v1/bookings/${held.body.booking_id}`, { token });
            continue;
        }
        assert.ok([409, 422].includes(held.status), held.text);
        const buys = i % 3 === 0;
        const joined = await insist("POST", `/api/v1/shows/${showId}/waitlist`, {
            token,
            json: { quantity: 1 + (i % 3), mode: buys ? "buy" : "offer", ...(buys && { payment_method: i % 2 ? "pm_card_visa" : "pm_card_chargeDeclined" }) },
            headers: repeatable(),
        });
        if (joined.status !== 201) {
            assert.equal(joined.status, 409, joined.text);
            continue;
        }
        seen.entries.push(joined.body.entry_id);
        const path = `/api/v1/waitlist/${joined.body.entry_id}`;
        const left = i % 7 === 6 && (await insist("DELETE", path, { token }));
        const entry = await until(token, path, (now) => now.status !== "waiting" && (now.status !== "offered" || !buys));
        if (left) assert.ok(entry.status !== "offered" || left.status !== 204, `${joined.body.entry_id} was left, and offered`);
        if (entry.status === "fulfilled") await giveBack(token, entry.booking_id);
        else if (entry.status === "offered" && i % 2) await payAndReturn(token, entry.booking_id);
        else if (entry.status === "offered") await insist("DELETE", path, { token });
    }
}

async function eventually(what, holds) {
    for (const end = Date.now() + patience; !holds(); await sleep(20)) assert.ok(Date.now() < end, what);
}

const answers = (text) => {
    try {
        return sql(text);
    } catch {
        return null;
    }
};

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

for (const part of ["server", "worker", "sandbox", "gateway", "postgres"]) {
    test(`the ${part} killed twice in the midst of a waitlist: it goes on where it was, for everybody in it and in order`, async () => {
        const showId = makeShow({ places });
        // One place is never sold, and four more are not while these are held, so that there is hope for all.
        const [keeper, ...tokens] = makeBuyers(buyerCount + 1);
        const kept = await insist("POST", `/api/v1/shows/${showId}/holds`, { token: keeper, json: { quantity: 5 }, headers: repeatable() });
        assert.equal(kept.status, 201, kept.text);
        const seen = { entries: [], kills: 0 };
        const offers = () => Number(answers(`select count(*) from waitlist.decisions where show_id = ${showId} and decision = 'offered'`) ?? 0);
        const buyers = Promise.all(tokens.map((token, number) => buy(token, number, showId, seen)));
        const killer = (async () => {
            for (; seen.kills < killCount; seen.kills++) {
                const before = offers();
                await eventually("nothing is offered any more", () => offers() >= before + offersBetween);
                await kill(part);
            }
        })();
        await Promise.all([buyers, killer]);
        await eventually("work stays open", () => answers(`select count(*) from ops.outbox where show_id = ${showId} and kind <> 'mail' and done_at is null and dead_at is null`) === "0");

        const count = (text) => Number(sql(`select count(*) from ${text}`));
        assert.ok(seen.entries.length >= buyerCount);
        assert.equal(
            count(`unnest(array[${seen.entries.map((id) => `'${id}'`).join()}]) as a (id) inner join waitlist.entries as e on sales.public_id('wl', e.show_id, e.entry_id) = a.id where e.show_id = ${showId}`),
            seen.entries.length,
            "an entry that was acknowledged is there",
        );
        assert.equal(count(`waitlist.entries where show_id = ${showId}`), seen.entries.length, "and no other: repeats made none");
        assert.equal(count(`waitlist.entries where show_id = ${showId} and status in ('waiting', 'offered')`), 0, "each came to an end");
        assert.equal(
            count(`(select e.position < lag(e.position) over (order by d.decision_no) as is_late from waitlist.decisions as d inner join waitlist.entries as e using (show_id, entry_id) where d.decision = 'offered' and d.show_id = ${showId}) as o where is_late`),
            0,
            "the order served is the order joined",
        );
        assert.equal(
            count(`(select from waitlist.decisions where show_id = ${showId} and decision in ('offered', 'ended') group by entry_id, decision having count(*) > 1) as d`),
            0,
            "nobody is served or ended twice",
        );
        assert.equal(
            sql(`
                with ours as (
                    select c.payment_id::text, c.provider_ref, c.amount_minor, c.refunded_minor
                    from sales.payments as c
                    where c.show_id = ${showId} and c.kind = 'charge' and c.status = 'succeeded'
                ),
                theirs as (
                    select metadata ->> 'payment_id' as payment_id, payment_intent_id as provider_ref, amount_received_minor as amount_minor, amount_refunded_minor
                    from sandbox.payment_intents
                    where metadata ->> 'show_id' = '${showId}' and status not in ('canceled', 'requires_payment_method')
                )
                select 'sold, not charged', * from (table ours except all table theirs) as a
                union all
                select 'charged, not sold', * from (table theirs except all table ours) as b`),
            "",
            "charged and given back at the provider if and only if sold and refunded here, and once",
        );
        assert.equal(sql("select problem, show_id, booking_id, detail from report.inconsistencies"), "");
        assert.equal(sql(`select * from report.stuck_payments where show_id = ${showId}`), "");
    });
}

// No webhook comes, and the worker is killed with -9 at each step by which it reads the provider's list of events and hears what that
// tells: who has paid on the provider's page gets the seats all the same, a bank's dispute is heard of, and so is a refund that fails
// after it had succeeded.
import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { eventually, expect, get } from "../support/client.mjs";
import { hold, makeBuyers, makeShow } from "../support/house.mjs";
import { endsInPeace, pidOf, sandbox, sql } from "../support/instance.mjs";

const pageBuyerCount = 6;
const patience = 90; // seconds until all is well again
const orders = process.env.BOXOFFICE_FAULT;
const taken = `${orders}.taken`;
const endInPeace = endsInPeace();
const send = (is) => sql(`update sandbox.behaviour set (delay_ms, webhooks_enabled) = (0, ${is})`);

before(() => {
    assert.ok(orders, "BOXOFFICE_FAULT is not set: run this by ./boxoffice test");
    for (const file of [orders, taken]) rmSync(file, { force: true });
    send(false);
});
after(() => send(true));

const pay = (id, token, json) => expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json }).then(({ body }) => body);
const until = (id, token, isIt) => eventually(() => get(`/api/v1/bookings/${id}`, { token }), isIt, patience);

async function payOnPage(showId, token) {
    const { booking_id } = await hold(showId, token, { quantity: 1 });
    const { checkout_url } = await pay(booking_id, token, { return_url: "/bookings" });
    await expect(303, "POST", new URL(checkout_url).pathname, { base: sandbox, form: { act: "pay", card: "pm_card_visa" } });
    return booking_id;
}

async function buy(showId, token, card) {
    const { booking_id } = await hold(showId, token, { quantity: 1 });
    await pay(booking_id, token, { payment_method: card });
    await until(booking_id, token, ({ payment }) => payment.status === "succeeded");
    return booking_id;
}

async function dieAt(place) {
    const pid = pidOf("worker");
    writeFileSync(`${orders}.new`, `${place} kill\n`);
    renameSync(`${orders}.new`, orders);
    await eventually(() => existsSync(taken), (is) => is, patience);
    await eventually(() => pidOf("worker"), (now) => now !== pid, patience);
    rmSync(taken);
    // What it had borrowed is due, without the wait for its lease.
    sql(`update ops.outbox set run_at = now(), leased_until = now() where leased_by like '%:${pid}' and done_at is null and dead_at is null`);
}

for (const place of ["read_events", "hear_event"].flatMap((kind) => ["claimed", "answered", "finished"].map((step) => `${kind}.${step}`))) {
    test(`${place}: the worker killed there misses nothing that no webhook brings`, { timeout: 4000 * patience }, async () => {
        const showId = makeShow({ places: 20 });
        const tokens = makeBuyers(pageBuyerCount + 2);
        const refunded = await buy(showId, tokens[0], "pm_card_refundFail");
        const killing = dieAt(place);
        await expect(202, "POST", `/api/v1/bookings/${refunded}/refund`, { token: tokens[0], json: { reason: "Ill." } });
        const disputed = buy(showId, tokens[1], "pm_card_createDispute");
        const onPage = await Promise.all(tokens.slice(2).map((token) => payOnPage(showId, token)));
        await Promise.all([killing, disputed]);

        for (const [n, id] of onPage.entries()) {
            await until(id, tokens[n + 2], ({ status, payment }) => status === "paid" && payment.status === "succeeded");
        }
        await eventually(() => sql(`select status from sales.disputes where show_id = ${showId}`), (status) => status === "needs_response", patience);
        await until(refunded, tokens[0], ({ refunds }) => refunds[0].status === "failed");
        sql(`select sales.settle_by_hand(show_id, payment_id, requested_by, 'Paid in cash.') from sales.payments where show_id = ${showId} and status = 'failed'`);

        assert.equal(sql(`select count(*) from sales.tickets where show_id = ${showId} and status = 'valid'`), String(pageBuyerCount + 1));
        assert.equal(
            sql(`select sum(amount_received_minor) from sandbox.payment_intents where metadata ->> 'show_id' = '${showId}'`),
            sql(`select sum(amount_minor) from sales.payments where show_id = ${showId} and kind = 'charge' and status = 'succeeded'`),
            "what was charged is what was sold",
        );
        assert.equal(sql(`select count(*) from ops.outbox where show_id in (0, ${showId}) and dead_at is not null and kind <> 'mail'`), "0", "nothing was given up");
        assert.equal(sql(`select * from report.stuck_payments where show_id = ${showId}`), "");
    });
}

endInPeace();

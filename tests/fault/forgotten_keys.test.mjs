// The provider keeps idempotency keys for a day. A refund is made there, the worker dies before it can say so here, no webhook
// comes, and the key is forgotten by the time that the refund is asked for again: it is found, not made a second time.
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

test("a refund of a part whose answer, webhook and key are lost is one refund at the provider, and settled here", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id: id } = await hold(showId, token, { seats: ["A-1", "C-1"] });
    const booking = () => get(`/api/v1/bookings/${id}`, { token });
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    await eventually(booking, ({ payment }) => payment.status === "succeeded");

    const pid = pidOf("worker");
    writeFileSync(`${orders}.new`, "refund.answered kill\n");
    renameSync(`${orders}.new`, orders);
    await expect(202, "POST", `/api/v1/admin/bookings/${id}/refund`, { token: makeStaff(), json: { reason: "broken seat", seats: ["A-1"] } });
    await eventually(() => existsSync(taken), (is) => is);
    await eventually(() => pidOf("worker"), (now) => now !== pid);
    rmSync(taken);
    const made = () => sql(`
        select r.refund_id, r.amount_minor, r.status from sandbox.refunds as r
        inner join sales.payments as p on p.provider_ref = r.payment_intent_id where p.show_id = ${showId}`);
    const first = made();
    assert.match(first, /^re_\w+\|1200\|succeeded$/);
    assert.equal((await booking()).refunds[0].status, "pending");

    const [key] = sql(`delete from sandbox.idempotency_keys as k using sales.payments as p
        where k.idempotency_key = p.payment_id || '-refund' and p.show_id = ${showId} returning k.idempotency_key`).split("\n");
    assert.match(key, /-refund$/);
    // What the dead worker had borrowed is due, without the wait.
    sql(`update ops.outbox set run_at = now(), leased_until = now() where leased_by like '%:${pid}' and done_at is null and dead_at is null`);
    await eventually(booking, ({ refunds }) => refunds[0].status === "succeeded");
    assert.equal(made(), first);
    assert.equal(sql(`select provider_ref from sales.payments where show_id = ${showId} and kind = 'refund'`), first.split("|")[0]);
    assert.equal(sql(`select attempt_count from ops.outbox where show_id = ${showId} and kind = 'refund'`), "2");
});

endInPeace();

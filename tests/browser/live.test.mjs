// Pages that move while one looks at them: what others hold, what becomes of a booking, what happens to a show. What they do
// when the connection is lost: tests/fault/live.test.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAccessible, withPage } from "../support/browser.mjs";
import { expect } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, quoted, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const seat = (page, name) => page.locator(`input[value="${name}"]`);
const chosen = (page) => page.locator(".seats input:checked").evaluateAll((seats) => seats.map((each) => each.value));
const focused = (page) => page.evaluate(() => document.activeElement.value);
const say = (showId, message) => sql(`select ops.tell_show(${showId}, ${quoted(JSON.stringify(message))})`);

// A page whose live channel of the show is open.
async function watch(page, path) {
    const [socket] = await Promise.all([page.waitForEvent("websocket", (each) => each.url().includes("/live/")), page.goto(path)]);
    await page.waitForTimeout(500);
    return socket;
}

test("of two who look at one map, one sees within a second what the other holds, and keeps focus and ticks", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (one) => {
        await watch(one, `/shows/${showId}`);
        await seat(one, "B-1").check();
        await seat(one, "B-2").check();
        await seat(one, "B-5").focus();
        await withPage({}, async (other) => {
            await other.goto(`/shows/${showId}`);
            for (const name of ["B-2", "C-3"]) await seat(other, name).check();
            await other.getByRole("button", { name: "Hold these seats" }).click();
            await other.getByRole("heading", { name: "Almost yours" }).waitFor();
            const began = Date.now();
            await one.waitForFunction(() => document.querySelector('input[value="C-3"]').disabled, undefined, { polling: 20, timeout: 1000 });
            assert.ok(Date.now() - began < 1000);
            assert.deepEqual(await chosen(one), ["B-1"]);
            assert.equal(await focused(one), "B-5");
            assert.equal(await one.locator("[data-said]").textContent(), "Somebody just took B-2");
            await other.getByRole("button", { name: "Give the seats back" }).click();
            await one.waitForFunction(() => !document.querySelector('input[value="C-3"]').disabled, undefined, { polling: 20, timeout: 2000 });
            assert.deepEqual(await chosen(one), ["B-1"]);
        });
    });
});

test("who missed a change asks for the whole state", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await watch(page, `/shows/${showId}`);
        await page.waitForTimeout(2500);
        const asked = page.waitForRequest(/\/seats$/, { timeout: 3000 });
        say(showId, { type: "seats", version: 50, from: 40, available: 24, changes: { "A-1": "h" } });
        await asked;
        await page.waitForTimeout(200);
        assert.ok(await seat(page, "A-1").isEnabled(), "what does not fit is not applied");
    });
});

test("who comes back to a map in the browser's history hears again, by EventSource too", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await page.addInitScript(() => {
            // On this way no WebSocket gets through.
            window.WebSocket = class extends EventTarget {
                constructor() {
                    super();
                    setTimeout(() => this.dispatchEvent(new Event("close")));
                }
            };
        });
        const listens = () => page.waitForResponse((answer) => answer.url().endsWith(`/live/shows/${showId}`));
        await Promise.all([listens(), page.goto(`/shows/${showId}`)]);
        const again = listens();
        await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
        await again;
        await page.waitForTimeout(2500); // what is seen from now on was heard, not asked for
        await page.route(/\/seats$/, (route) => route.abort());
        await hold(showId, makeBuyer(), { seats: ["C-3"] });
        await page.waitForFunction(() => document.querySelector('input[value="C-3"]').disabled, undefined, { polling: 20, timeout: 3000 });
    });
});

test("a notice of the show is said on the map and beside a booking", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const booking = await hold(showId, token, { seats: ["A-1"] });
    for (const [language, path, text] of [
        ["en", `/shows/${showId}`, /has just been moved to another time/],
        ["zh", `/bookings/${booking.booking_id}`, /刚刚更改了时间/],
    ]) {
        await withPage({ token, language }, async (page) => {
            await watch(page, path);
            say(showId, { type: "notice", show_id: showId, notice: "moved" });
            await page.getByRole("status").filter({ hasText: text }).waitFor({ timeout: 2000 });
            await isAccessible(page);
            await page.locator("[data-live-notice] a").click();
            await page.waitForLoadState();
            assert.equal(new URL(page.url()).pathname, path);
        });
    }
});

test("a booking's page shows at once that it is paid, and not because it asked", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const booking = await hold(showId, token, { seats: ["A-1"] });
    await withPage({ token }, async (page) => {
        await watch(page, `/bookings/${booking.booking_id}`);
        await page.route(/\/api\/v1\/bookings\//, (route) => route.abort());
        await expect(202, "POST", `/api/v1/bookings/${booking.booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
        await page.locator(".ticket").first().waitFor({ timeout: 3000 });
    });
});

endInPeace();

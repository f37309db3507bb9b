// The live channels heal: whichever part dies, those who listen know a moment later how the seats are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withPage } from "../support/browser.mjs";
import { eventually, get, send } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { pidOf, sql } from "../support/instance.mjs";
import { Follower, listen } from "../support/live.mjs";

async function kill(part) {
    const pid = pidOf(part);
    process.kill(pid, "SIGKILL");
    await eventually(() => pidOf(part), (now) => now !== pid);
}

async function holdSeat(showId, name) {
    for (const end = Date.now() + 30_000; ; await sleep(100)) {
        try {
            return await hold(showId, makeBuyer(), { seats: [name] });
        } catch (error) {
            assert.ok(Date.now() < end, error);
        }
    }
}

for (const [part, seconds] of [["worker", 8], ["server", 5], ["gateway", 10], ["postgres", 15]]) {
    test(`whoever listens while the ${part} dies knows the seats again in at most ${seconds} s`, async () => {
        const showId = makeShow(smallHall);
        const follower = await Follower.of(showId);
        let gaps = 0;
        const hear = (message) => {
            if (!follower.hear(message)) {
                gaps++;
                follower.reload().catch(() => {});
            }
        };
        // As a page does: whenever the connection is there again, ask how it is.
        const onOpen = () => follower.reload().catch(() => {});
        const listener = await listen("EventSource", `/live/shows/${showId}`, { onMessage: hear, onOpen });
        try {
            await holdSeat(showId, "A-1");
            await eventually(() => follower.version, (version) => version === 1);
            await kill(part);
            await holdSeat(showId, "A-2");
            const began = Date.now();
            await eventually(() => follower.version, (version) => version === 2, seconds);
            assert.ok(Date.now() - began < seconds * 1000);
            await holdSeat(showId, "A-3");
            await eventually(() => follower.version, (version) => version === 3, seconds);
            const { states } = await eventually(() => get(`/api/v1/shows/${showId}/seats`), (now) => now.version === 3);
            assert.equal(follower.states.join(""), states);
            if (part === "worker") assert.equal(gaps, 0, "what nobody published meanwhile is told by the next worker");
        } finally {
            listener.close();
        }
        assert.equal(sql("select problem, show_id, booking_id, detail from report.inconsistencies"), "");
    });
}

test("that the connection is lost is said, and when the gateway is there again all is as it is", async () => {
    const showId = makeShow(smallHall);
    await withPage({ mayComplain: true }, async (page) => {
        await Promise.all([page.waitForEvent("websocket"), page.goto(`/shows/${showId}`)]);
        await page.waitForTimeout(500);
        await page.locator('input[value="B-1"]').check();
        assert.equal(await page.locator("[data-live-state]").textContent(), "");
        const [supervisor, gatewayPid] = [pidOf("supervisor"), pidOf("gateway")];
        process.kill(supervisor, "SIGSTOP");
        try {
            process.kill(-gatewayPid, "SIGKILL"); // with its workers, which the supervisor would end
            await page.waitForFunction(() => document.querySelector("[data-live-state]").textContent === "Reconnecting …");
        } finally {
            process.kill(supervisor, "SIGCONT");
        }
        await eventually(() => send("GET", "/healthz").catch(() => ({})), (answer) => answer.status === 200, 30);
        await hold(showId, makeBuyer(), { seats: ["A-1"] });
        await page.waitForFunction(() => document.querySelector('input[value="A-1"]').disabled, undefined, { timeout: 20_000 });
        await page.waitForFunction(() => document.querySelector("[data-live-state]").textContent === "");
        assert.ok(await page.locator('input[value="B-1"]').isChecked());
        await hold(showId, makeBuyer(), { seats: ["A-2"] });
        await page.waitForFunction(() => document.querySelector('input[value="A-2"]').disabled, undefined, { polling: 20, timeout: 3000 });
    });
});

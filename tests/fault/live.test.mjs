// The live channels heal: whichever part dies, those who listen know a moment later how the seats are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, get } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { pidOf, sql } from "../support/instance.mjs";
import { Follower, listen } from "../support/live.mjs";

async function kill(part) {
    const pid = pidOf(part);
    process.kill(pid, "SIGKILL");
    await eventually(() => pidOf(part), (now) => now !== pid);
}

async function holdSeat(showId, name) {
    const token = makeBuyer();
    for (const end = Date.now() + 30_000; ; await sleep(100)) {
        try {
            return await hold(showId, token, { seats: [name] });
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
        const listener = await listen("EventSource", `/live/shows/${showId}`, { onMessage: hear });
        try {
            await holdSeat(showId, "A-1");
            await eventually(() => follower.version, (version) => version === 1);
            await kill(part);
            await holdSeat(showId, "A-2");
            const began = Date.now();
            // The gateway's listeners come back by themselves and then, as a page does, ask how it is.
            if (part === "gateway") await eventually(() => follower.reload().then(() => follower.version).catch(() => 0), (version) => version >= 2, seconds);
            await eventually(() => follower.version, (version) => version === 2, seconds);
            assert.ok(Date.now() - began < seconds * 1000);
            await holdSeat(showId, "A-3");
            await eventually(() => follower.version, (version) => version === 3, seconds);
            assert.equal(follower.states.join(""), (await get(`/api/v1/shows/${showId}/seats`)).states);
            if (part === "worker") assert.equal(gaps, 0, "what nobody published meanwhile is told by the next worker");
        } finally {
            listener.close();
        }
        assert.equal(sql("select problem, show_id, booking_id, detail from report.inconsistencies"), "");
    });
}

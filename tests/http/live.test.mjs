// The live channels, by clients that are not ours: what is said, to whom, and how soon.
import assert from "node:assert/strict";
import http from "node:http";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, expect, get, refused, send } from "../support/client.mjs";
import { hold, letLapse, makeBuyer, makeBuyers, makeShow, smallHall, tokenHash } from "../support/house.mjs";
import { endsInPeace, gateway, quoted, server, sql, whileLocked } from "../support/instance.mjs";
import { Follower, listen, listenInCrowd, transports } from "../support/live.mjs";

const endInPeace = endsInPeace();

const open = [];
after(() => open.forEach((listener) => listener.close()));
async function opened(...how) {
    const listener = await listen(...how);
    open.push(listener);
    return listener;
}

const userOf = (token) => Number(sql(`select user_id from account.sessions where token_hash = '\\x${tokenHash(token)}'`));
const channelOf = (user) => sql(`select ops.channel_of(${user})`);
const say = (channel, message, showId = 0) =>
    sql(`select ops.add_work(${showId}, 'live', ${quoted(JSON.stringify({ messages: [{ channel, message }] }))})`);

for (const transport of transports) {
    test(`a hold is seen within a second by ${transport}, with the version that the states then have`, async () => {
        const showId = makeShow(smallHall);
        const listener = await opened(transport, `/live/shows/${showId}`);
        await hold(showId, makeBuyer(), { seats: ["C-7", "A-1"] });
        const began = Date.now();
        const heard = await listener.until((message) => message.type === "seats");
        assert.ok(Date.now() - began < 1000);
        assert.deepEqual(heard, { type: "seats", version: 2, from: 0, available: 22, changes: { "A-1": "h", "C-7": "h" } });
        assert.equal((await get(`/api/v1/shows/${showId}/seats`)).version, heard.version);
    });

    test(`${transport} tells what comes free, is sold or blocked, each in its time, and nothing twice`, async () => {
        const showId = makeShow(smallHall);
        const listener = await opened(transport, `/live/shows/${showId}`);
        const buyer = makeBuyer();
        const change = async (changes, act) => {
            const said = listener.messages.length;
            await act();
            await eventually(() => listener.messages.length, (count) => count > said, 3);
            assert.deepEqual(listener.messages.at(-1).changes, changes);
        };
        const first = {};
        await change({ "A-1": "h" }, async () => Object.assign(first, await hold(showId, buyer, { seats: ["A-1"] })));
        await change({ "A-1": "a" }, () => expect(204, "DELETE", `/api/v1/bookings/${first.booking_id}`, { token: buyer }));
        await change({ "A-2": "h" }, () => hold(showId, buyer, { seats: ["A-2"] }));
        await change({ "A-2": "a" }, () => letLapse(showId));
        await change({ "A-3": "b" }, () => sql(`update sales.show_seats set status = 'blocked', change_count = change_count + 1 where show_id = ${showId} and seat = 'A-3'`));
        let booking;
        await change({ "A-4": "h" }, async () => (booking = await hold(showId, buyer, { seats: ["A-4"] })));
        await change({ "A-4": "s" }, () => expect(202, "POST", `/api/v1/bookings/${booking.booking_id}/payments`, { token: buyer, json: { payment_method: "pm_card_visa" } }));
        const chain = listener.messages.filter((message) => message.type === "seats");
        for (let i = 1; i < chain.length; ++i) assert.equal(chain[i].from, chain[i - 1].version, "no gap between them");
        await sleep(600);
        assert.equal(listener.messages.length, chain.length);
    });

    test(`a buyer's message reaches that buyer alone by ${transport}`, async () => {
        const [mine, other] = makeBuyers(2);
        const listener = await opened(transport, "/live/me", { token: mine });
        const stranger = await opened(transport, "/live/me", { token: other });
        say(channelOf(userOf(mine)), { type: "booking", booking_id: "bk_1", show_id: 1, status: "paid" });
        assert.deepEqual(await listener.until(() => true), { type: "booking", booking_id: "bk_1", show_id: 1, status: "paid" });
        say(channelOf(userOf(other)), { type: "waitlist", entry_id: "wl_1" });
        assert.equal((await stranger.until(() => true)).type, "waitlist");
        assert.equal(listener.messages.length, 1);
        assert.equal(stranger.messages.length, 1);
    });

    test(`whose session has ended, or never was, cannot listen by ${transport}`, async () => {
        const token = makeBuyer();
        await assert.rejects(listen(transport, "/live/me"), { status: 401 });
        await assert.rejects(listen(transport, "/live/me", { token: "x".repeat(43) }), { status: 401 });
        await expect(204, "POST", "/api/v1/logout", { token });
        await assert.rejects(listen(transport, "/live/me", { token }), { status: 401 });
    });

    test(`a page of another site cannot listen by ${transport}, our own can`, async () => {
        const token = makeBuyer();
        const showId = makeShow({ places: 2 });
        for (const origin of ["http://evil.example", `${gateway}.evil.example`, "https://evil.example:443", "null"]) {
            await assert.rejects(listen(transport, "/live/me", { token, origin }), { status: 403 }, origin);
            await assert.rejects(listen(transport, `/live/shows/${showId}`, { origin }), { status: 403 }, origin);
        }
        await opened(transport, "/live/me", { token, origin: gateway });
        await opened(transport, `/live/shows/${showId}`, { origin: gateway });
    });

    test(`a show that is a draft or not there has no channel by ${transport}, a cancelled one has`, async () => {
        const showId = makeShow({ places: 2, status: "draft" });
        await assert.rejects(listen(transport, `/live/shows/${showId}`), { status: 404 });
        await assert.rejects(listen(transport, "/live/shows/999999999999999999"), { status: 404 });
        await opened(transport, `/live/shows/${makeShow({ places: 2, status: "cancelled", cancelled_at: "now" })}`);
    });

    test(`a notice of a show reaches those who look at it by ${transport}`, async () => {
        const showId = makeShow({ places: 2 });
        const listener = await opened(transport, `/live/shows/${showId}`);
        say(`show:${showId}`, { type: "notice", show_id: showId, notice: "moved" }, showId);
        assert.equal((await listener.until(() => true)).notice, "moved");
    });
}

test("no other site is let in by CORS, nobody publishes from outside, and what is asked wrongly is refused", async () => {
    const showId = makeShow({ places: 2 });
    const path = `/live/shows/${showId}`;
    const preflight = await send("OPTIONS", path, { headers: { Origin: "http://evil.example", "Access-Control-Request-Method": "GET" } });
    assert.equal(preflight.headers["access-control-allow-origin"], undefined);
    for (const method of ["POST", "PUT", "DELETE"]) {
        const answer = await refused(405, "method_not_allowed", {}, method, path, { body: "{}" });
        assert.equal(answer.headers.allow, "GET");
    }
    for (const inner of ["/publish/show:1", "/status"]) await expect(404, "GET", inner);
    for (const wrong of ["/live/shows/", "/live/shows/0x1", "/live/shows/1/2", "/live/", "/live/user:1", "/live/me/1"]) {
        assert.equal((await send("GET", wrong, { headers: { Accept: "text/event-stream" } })).status, 404, wrong);
    }
    assert.ok((await send("GET", path)).status >= 400, "neither a WebSocket nor an EventSource");
});

test("who was away for a moment gets by Last-Event-ID what was said meanwhile", async () => {
    const showId = makeShow(smallHall);
    await opened("WebSocket", `/live/shows/${showId}`);
    const events = async (id) => {
        const abort = new AbortController();
        const answer = await fetch(`${gateway}/live/shows/${showId}`, { signal: abort.signal, headers: { Accept: "text/event-stream", ...(id ? { "Last-Event-ID": id } : {}) } });
        const reader = answer.body.getReader();
        let text = "";
        return { abort, async next() {
            for (;;) {
                const found = /id: (\S+)\ndata: (.*)\n\n/.exec(text);
                if (found) {
                    text = text.slice(found.index + found[0].length);
                    return { id: found[1], ...JSON.parse(found[2]) };
                }
                text += Buffer.from((await reader.read()).value).toString();
            }
        } };
    };
    const first = await events();
    await hold(showId, makeBuyer(), { seats: ["A-1"] });
    const last = await first.next();
    first.abort.abort();
    for (const seat of ["A-2", "A-3"]) {
        await hold(showId, makeBuyer(), { seats: [seat] });
        await sleep(400);
    }
    const second = await events(last.id);
    assert.deepEqual((await second.next()).changes, { "A-2": "h" });
    assert.deepEqual((await second.next()).changes, { "A-3": "h" });
    second.abort.abort();
});

test("who missed something sees the gap, asks for the whole state, and is right again", async () => {
    const showId = makeShow(smallHall);
    const follower = await Follower.of(showId);
    const others = await opened("EventSource", `/live/shows/${showId}`);
    await hold(showId, makeBuyer(), { seats: ["B-1"] });
    await others.until(({ version }) => version === 1);
    const listener = await opened("WebSocket", `/live/shows/${showId}`);
    await hold(showId, makeBuyer(), { seats: ["B-2"] });
    const message = await listener.until(({ version }) => version === 2);
    assert.equal(follower.hear(message), false);
    await eventually(() => follower.reload(), () => follower.version === 2, 3);
    assert.equal(follower.states.join(""), "aaaaaaaahhaaaaaaaaaaaaaa");
});

test("who comes to listen is let in when those have ended who told others without knowing of them", async () => {
    const token = makeBuyer();
    const came = { after: 0 };
    const coming = await whileLocked("select pg_current_xact_id()", async () => {
        const began = Date.now();
        const listener = opened("WebSocket", "/live/me", { token }).then(() => (came.after = Date.now() - began));
        await sleep(250);
        assert.equal(came.after, 0, "not while one of them is under way");
        return { listener };
    });
    await coming.listener;
    assert.ok(came.after >= 250 && came.after < 900, `let in after ${came.after} ms`);
    const again = Date.now();
    await whileLocked("select pg_current_xact_id()", () => opened("WebSocket", "/live/me", { token }));
    assert.ok(Date.now() - again < 400, "who was here a minute ago need not wait");
});

test("what is old by now, or goes to no channel, is dropped and not said", async () => {
    const token = makeBuyer();
    const user = userOf(token);
    const listener = await opened("WebSocket", "/live/me", { token });
    sql(`insert into ops.outbox (kind, payload, created_at) values ('live', '{"messages": [{"channel": "${channelOf(user)}", "message": {"type": "old"}}]}', now() - interval '61 s')`);
    for (const channel of ["show:1/../../status", "all", "user:", "user:-1", `user:${user}?`]) say(channel, { type: "astray" });
    say(channelOf(user), { type: "new" });
    assert.equal((await listener.until(() => true)).type, "new");
    await eventually(() => sql("select count(*) from ops.outbox where kind = 'live' and done_at is null"), (count) => count === "0");
    await sleep(300);
    assert.equal(listener.messages.length, 1);
});

test("a show is watched from its first listener until nobody has come for six minutes", async () => {
    const showId = makeShow({ places: 2 });
    const askedAt = () => sql(`select extract(epoch from now() - asked_at)::int from ops.watched_shows where show_id = ${showId}`);
    const age = (seconds) => sql(`update ops.watched_shows set asked_at = now() - interval '${seconds} s' where show_id = ${showId}`);
    assert.equal(askedAt(), "");
    await opened("WebSocket", `/live/shows/${showId}`);
    age(345);
    await sleep(6000);
    assert.ok(askedAt() >= 350);
    await opened("WebSocket", `/live/shows/${showId}`);
    assert.ok(askedAt() < 5, "somebody came");
    age(361);
    await eventually(askedAt, (age) => age === "", 7);
});

test("a thousand who listen, and some who read nothing, all get all changes", async () => {
    const count = 1000;
    const rounds = 20;
    const seats = 40;
    const showId = makeShow({ rows: ["A", "B", "C", "D"].map((row) => ({ row, seats })) });
    const path = `/live/shows/${showId}`;
    const layout = await get(`/api/v1/shows/${showId}/layout`);
    const start = (await Follower.of(showId)).states;
    const followers = [];
    let gaps = 0;
    const listeners = [];
    for (let i = 0; i < count; i += 50) {
        listeners.push(...(await Promise.all(Array.from({ length: 50 }, () => {
            const follower = new Follower(showId, layout);
            [follower.version, follower.states] = [0, [...start]];
            followers.push(follower);
            return listenInCrowd(path, (message) => message.type === "seats" && (follower.hear(message) || ++gaps));
        }))));
    }
    for (let i = 0; i < 5; i++) listeners.push(await listenInCrowd(path, () => {}, { isDeaf: true }));
    try {
        await eventually(() => send("GET", "/metrics", { base: server }), ({ text }) => Number(/^boxoffice_live_listeners (\d+)/m.exec(text)?.[1]) >= count, 20);
        const buyers = makeBuyers(rounds);
        for (let i = 0; i < rounds; i++) {
            await hold(showId, buyers[i], { quantity: 4 });
            await sleep(100);
        }
        const began = Date.now();
        const { version, states } = await eventually(() => get(`/api/v1/shows/${showId}/seats`), (now) => now.version === 4 * rounds, 5);
        await eventually(() => followers.filter((follower) => follower.version < version).length, (behind) => behind === 0, 10);
        assert.ok(Date.now() - began < 5000);
        assert.equal(gaps, 0);
        for (const follower of followers) assert.equal(follower.states.join(""), states);
    } finally {
        for (const listener of listeners) listener.close();
    }
});

for (const transport of transports) {
    test(`who signs out hears no more by ${transport} at once, and their other sessions do`, async () => {
        const [token, other] = [makeBuyer(), `other-${transport}-${Date.now()}`.padEnd(43, "x")];
        const user = userOf(token);
        sql(`insert into account.sessions (token_hash, user_id, expires_at) values ('\\x${tokenHash(other)}', ${user}, now() + interval '1 hour')`);
        let comes = 0;
        const out = await opened(transport, "/live/me", { token });
        const stays = await opened("EventSource", "/live/me", { token: other, onOpen: () => ++comes });
        say(channelOf(user), { type: "notice", n: 1 });
        await out.until(({ n }) => n === 1);
        await expect(204, "POST", "/api/v1/logout", { token });
        await eventually(() => comes, (times) => times > 1);
        say(channelOf(user), { type: "notice", n: 2 });
        await stays.until(({ n }) => n === 2);
        assert.deepEqual(out.messages.map(({ n }) => n), [1]);
    });
}

test("a key that is revoked hears no more", async () => {
    const token = makeBuyer();
    sql(`update account.users set email_verified_at = now() where user_id = ${userOf(token)}`);
    const { api_key_id, key } = (await expect(201, "POST", "/api/v1/api_keys", { token, json: { name: "listens" } })).body;
    const user = userOf(token);
    const closed = new Promise((resolve) => {
        http.get(`${gateway}/live/me`, { agent: false, headers: { "Api-Key": key, Accept: "text/event-stream" } }, (response) => {
            response.resume();
            response.on("close", resolve);
            expect(204, "DELETE", `/api/v1/api_keys/${api_key_id}`, { token });
        });
    });
    await closed;
    assert.equal(sql(`select count(*) from ops.listeners where user_id = ${user}`), "1");
});

endInPeace();

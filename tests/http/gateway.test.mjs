// What the gateway itself promises, beside what it passes on: tests/support/gateway.mjs has one with the settings of each test.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, send } from "../support/client.mjs";
import { freePort, withGateway } from "../support/gateway.mjs";
import { makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, home, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

test("where the public URL is https, whatever is answered says that this site is always asked by TLS", async () => {
    const paths = ["/", "/api/v1/cities", "/static/app.css", "/live/shows/x", "/nothing/here"];
    await withGateway({ BOXOFFICE_PUBLIC_URL: "https://tickets.example" }, async (base) => {
        for (const path of paths) assert.match((await send("GET", path, { base })).headers["strict-transport-security"] ?? "", /^max-age=\d{8}/, path);
    });
    for (const path of paths) assert.equal((await send("GET", path)).headers["strict-transport-security"], undefined, path);
});

// As many at once as a client would.
async function flood(count, ask) {
    const answers = [];
    for (let n = 0; n < count; n += 50) {
        answers.push(...(await Promise.all(Array.from({ length: Math.min(50, count - n) }, (_, m) => ask(n + m)))));
    }
    return answers;
}
const countOf = (answers, status) => answers.filter((answer) => answer.status === status).length;
const sizeOf = (file) => (existsSync(file) ? statSync(file).size : 0);

// What the gateway has logged, a second later, when it is written.
async function linesOf(own) {
    await sleep(1200);
    return readFileSync(`${own}/log/access.log`, "utf8").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

test("a flood of requests that are refused leaves a handful of lines, whoever refuses", async () => {
    await withGateway({ BOXOFFICE_RATE_LIMIT: "5", BOXOFFICE_RATE_EXEMPT: "" }, async (base, own) => {
        const answers = await flood(3000, () => send("GET", "/api/v1/cities", { base }));
        assert.ok(countOf(answers, 429) > 2500);
        const lines = await linesOf(own);
        const refused = lines.filter(({ status }) => status === 429);
        assert.ok(refused.length < 50, `${refused.length} lines`);
        assert.ok(refused.every(({ stands_for }) => stands_for === 1000));
        assert.ok(sizeOf(`${own}/cache/error.log`) < 10_000);
    });
    await withGateway({ BOXOFFICE_RATE_LIMIT: "100000", BOXOFFICE_RATE_EXEMPT: "" }, async (base, own) => {
        const begin = sizeOf(`${home}/log/server.log`);
        const answers = await flood(1000, (n) => send("GET", `/api/v1/events/1/shows?latitude=1&longitude=${n / 1000}&radius_km=1`, { base }));
        const refused = countOf(answers, 429);
        assert.ok(refused > 500, `${refused} refused`);
        const said = readFileSync(`${home}/log/server.log`).subarray(begin).toString().split("\n")
            .filter((line) => line.includes('"/api/v1/events/{event_id}/shows"') && line.includes('"status":429'));
        assert.ok(said.length > 0 && said.length < 5, `${said.length} lines`);
        assert.ok(said.every((line) => line.includes("requests_rejected") && line.includes('"count":')));
        assert.ok((await linesOf(own)).filter(({ status }) => status === 429).length < 20);
    });
});

test("a log that has grown is put aside, and what is written afterwards begins anew", async () => {
    const log = `${home}/log/sandbox.log`;
    const line = `{"event":"filling"}${" ".repeat(4000)}\n`;
    appendFileSync(log, line.repeat(Math.ceil((33 << 20) / line.length)));
    await eventually(() => sizeOf(log), (size) => size < 1 << 20);
    assert.ok(sizeOf(`${log}.1`) > 33 << 20);
    truncateSync(`${log}.1`);
    rmSync(`${log}.1`);
});

test("fields that no function knows, their order and their spelling make no page anew", async () => {
    const showId = makeShow(smallHall);
    await withGateway({}, async (base, own) => {
        const ask = (path, headers) => send("GET", path, { base, headers });
        const page = await ask(`/shows/${showId}`);
        const pages = await flood(60, (n) => ask(`/shows/${showId}?b=${n}`));
        assert.ok(pages.every(({ status, text }) => status === 200 && text === page.text));
        const cities = await ask("/api/v1/events?page=1&per_page=2");
        for (const query of ["per_page=2&page=1", "page=%31&per_page=2", "page=1&per_page=2&date=", "kind=&per_page=%32&page=1"]) {
            assert.equal((await ask(`/api/v1/events?${query}`)).text, cities.text, query);
        }
        await ask("/api/v1/events?page=1&per_page=2", { Authorization: "x" });
        await ask("/api/v1/events?page=1&per_page=2", { Host: "other.example" });
        const lines = await linesOf(own);
        // A copy of a show's page is good for a second.
        const shows = lines.filter(({ path }) => path === `/shows/${showId}`).map(({ cache }) => cache);
        assert.ok(shows.filter((cache) => cache === "HIT").length > 40, shows.join(" "));
        const events = lines.filter(({ path }) => path === "/api/v1/events").map(({ cache }) => cache);
        assert.deepEqual(events, ["MISS", ...Array(6).fill("HIT")]);
    });
});

test("what one address has made anew is limited, whatever it shows as a credential, and copies do not count", async () => {
    await withGateway({ BOXOFFICE_RATE_LIMIT: "100000", BOXOFFICE_RATE_EXEMPT: "" }, async (base) => {
        await sleep(3000);
        const kept = await flood(500, () => send("GET", "/api/v1/cities", { base }));
        assert.equal(countOf(kept, 200), 500);
        for (const headers of [{ Authorization: "Bearer nonsense" }, { "Api-Key": "nonsense" }, { Cookie: "boxoffice_session=nonsense" }]) {
            await sleep(500);
            const answers = await flood(400, () => send("GET", "/api/v1/cities", { base, headers }));
            assert.ok(countOf(answers, 200) >= 1 && countOf(answers, 429) > 200, `${JSON.stringify(headers)} ${countOf(answers, 200)} ${countOf(answers, 429)}`);
            assert.match(answers.find(({ status }) => status === 429).headers["retry-after"], /^\d+$/);
        }
    });
});

test("the provider's signed events are not subject to the limit by address, and nothing unsigned passes as one", async () => {
    await withGateway({ BOXOFFICE_RATE_LIMIT: "5", BOXOFFICE_RATE_EXEMPT: "" }, async (base) => {
        const post = (headers, path = "/api/v1/webhooks/stripe") => send("POST", path, { base, json: {}, headers });
        const signed = await flood(600, () => post({ "Stripe-Signature": "t=1,v1=00" }));
        assert.equal(countOf(signed, 400), 600);
        assert.ok(countOf(await flood(100, () => post({})), 429) > 80);
        assert.ok(countOf(await flood(100, () => post({ "Stripe-Signature": "t=1,v1=00" }, "/api/v1/login")), 429) > 80);
    });
});

test("the token of a mail's link stands in no log, however the address is spelled, and even if the server is down", async () => {
    const paths = ["/verify", "/reset", "/verify/", "//verify", "/./reset", "/%76erify", "/x/../reset", "/VERIFY", "/nothing"];
    for (const settings of [{}, { BOXOFFICE_SERVER_LISTEN: `127.0.0.1:${await freePort()}` }]) {
        await withGateway(settings, async (base, own) => {
            for (const path of paths) await send("GET", `${path}?token=SECRET-OF-A-MAIL&x=1`, { base });
            for (const path of paths.slice(0, 6)) await send("GET", `${path}?x=1&token=SECRET-OF-A-MAIL`, { base });
            assert.ok((await linesOf(own)).length > 0 || settings.BOXOFFICE_SERVER_LISTEN);
            for (const file of [`${own}/log/access.log`, `${own}/cache/error.log`, `${home}/log/server.log`]) {
                assert.ok(!existsSync(file) || !readFileSync(file, "utf8").includes("SECRET-OF-A-MAIL"), file);
            }
        });
    }
});

test("only the worker publishes: a page of another site that finds the inner address is refused", async () => {
    const showId = makeShow(smallHall);
    await withGateway({}, async (base, own, live) => {
        const secret = process.env.BOXOFFICE_LIVE_SECRET;
        const say = (headers, method = "POST") => send(method, `/publish/show:${showId}`, { base: live, body: "{}", headers: { "Content-Type": "text/plain", ...headers } });
        assert.equal((await say({})).status, 403);
        assert.equal((await say({ Origin: "https://evil.example" })).status, 403);
        assert.equal((await say({ "X-Live-Secret": `${secret}x` })).status, 403);
        assert.equal((await say({ "X-Live-Secret": "" })).status, 403);
        assert.equal((await say({}, "DELETE")).status, 403);
        assert.equal((await say({ Origin: "https://evil.example", "Access-Control-Request-Headers": "x-live-secret" }, "OPTIONS")).status, 403);
        assert.equal((await send("GET", "/status", { base: live })).status, 403);
        assert.equal((await say({ "X-Live-Secret": secret })).status, 202);
    });
    assert.equal(sql(`select count(*) from ops.outbox where kind = 'live' and show_id = ${showId}`), "0");
});

endInPeace();

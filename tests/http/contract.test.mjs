// What the contract says of every answer: details, versioned addresses, pages about problems, who answers when nobody else can.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { expect, get, isProblem, refused, send } from "../support/client.mjs";
import { buyTickets, hold, makeBuyer, makeBuyers, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, root, server, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

// isProblem() proves that each has a detail that is not its title.
test("401, 403, 404, 405 and 409 cannot_be_met say in a sentence what is wrong", async () => {
    const [one, two] = makeBuyers(2);
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me");
    await refused(403, "forbidden", {}, "GET", "/api/v1/admin/cities", { token: one });
    await refused(404, "not_found", {}, "GET", "/api/v1/shows/999999999");
    await refused(404, "not_found", {}, "GET", "/api/v1/nothing");
    await refused(405, "method_not_allowed", {}, "DELETE", "/api/v1/cities");
    const showId = makeShow({ places: 3 });
    await buyTickets(showId, 2, one);
    await hold(showId, one, { quantity: 1 });
    await refused(409, "cannot_be_met", {}, "POST", `/api/v1/shows/${showId}/waitlist`, { token: two, json: { quantity: 2, mode: "offer" } });
});

test("a body that is no JSON names the field body, and a query that is no text the field query", async () => {
    const headers = { "Content-Type": "application/json" };
    for (const body of ["{", "[]", '{"email": }', "nonsense", '{"email":"a",}']) {
        await refused(400, "invalid_request", { field: "body" }, "POST", "/api/v1/login", { body, headers });
    }
    await refused(400, "invalid_request", { field: "query" }, "GET", "/api/v1/search?q=%ff");
});

test("the layout is kept for ever at the address that the show names, and asked for anew elsewhere", async () => {
    const showId = makeShow(smallHall);
    const { layout_url: address } = await get(`/api/v1/shows/${showId}`);
    const token = makeBuyer();
    for (const options of [{}, { token }, { cookies: new Map([["boxoffice_session", token]]) }]) {
        const answer = await expect(200, "GET", address, options);
        assert.equal(answer.headers["cache-control"], "public, max-age=31536000, immutable");
        assert.equal(answer.body.rows.length, 3);
    }
    const plain = await expect(200, "GET", `/api/v1/shows/${showId}/layout`);
    assert.match(plain.headers["cache-control"], /max-age=0/);

    await expect(200, "PATCH", `/api/v1/admin/shows/${showId}/seats`, { token: makeStaff(), json: { seats: [{ seat: "A-1", tier: "premium" }] } });
    const later = sql(`select api.get_show(${showId}) ->> 'layout_url'`);
    assert.notEqual(later, address);
    assert.equal((await get(later)).rows[0].seats[0].tier, "premium");
    await refused(404, "not_found", {}, "GET", address, { base: server });
});

test("a show says whether it has a waiting room", async () => {
    for (const has of [false, true]) {
        const showId = makeShow({ ...smallHall, has_waiting_room: has });
        assert.equal((await get(`/api/v1/shows/${showId}`)).waiting_room, has);
    }
});

test("an address that cannot be decoded is a problem for programs, a page for people", async () => {
    for (const base of [gateway, server]) {
        for (const path of ["/api/v1/shows/%00", "/api/%zz", "/api/v1/search%"]) {
            isProblem(await send("GET", path, { base }), 400, "invalid_request", { field: "request" });
        }
    }
    const page = await expect(400, "GET", "/shows/%00");
    assert.match(page.headers["content-type"], /text\/html/);
});

test("the type of a problem is the address of a page about it, in both languages", async () => {
    for (const code of sql("select code from api.error order by code").split("\n")) {
        const page = await expect(200, "GET", `/problems/${code}`);
        assert.match(page.headers["content-type"], /text\/html/);
        assert.ok(page.text.includes(`<code>${code}</code>`));
    }
    const { type } = (await send("GET", "/api/v1/nothing")).body;
    assert.match((await expect(200, "GET", `${type}?lang=zh`)).text, /没有找到/);
    await expect(404, "GET", "/problems/no_such_error");
});

test("/docs in Chinese says in Chinese what each endpoint does, takes and is refused with", async () => {
    const { text } = await expect(200, "GET", "/docs?lang=zh");
    const main = text.slice(text.indexOf("<main"), text.indexOf("</main>"));
    const sentences = [...main.matchAll(/<(p|dd|h2|a)\b[^>]*>([\s\S]*?)<\/\1>/g)]
        .map(([, , content]) => content.replaceAll(/<code>[\s\S]*?<\/code>/g, "").replaceAll(/<[^>]*>/g, "").trim())
        .filter((sentence) => sentence !== "");
    assert.ok(sentences.length > 150);
    for (const sentence of sentences) assert.match(sentence, /\p{Script=Han}/u, sentence);
});

test("/robots.txt keeps crawlers to what everybody may see", async () => {
    const { text, headers } = await expect(200, "GET", "/robots.txt");
    assert.match(headers["content-type"], /text\/plain/);
    assert.match(text, /^User-agent: \*\nDisallow: \/account\n/);
    assert.doesNotMatch(text, /^Disallow: \/(events|shows|cities|venues)/m);
    assert.match(text, /^Sitemap: https?:\/\/\S+\/sitemap\.xml$/m);
});

test("a page of an id that cannot be is not there, and to sign in leads back to the page", async () => {
    for (const path of ["/shows/abc", "/shows/99999999999999999999", "/events/1.5", "/shows/0x1"]) {
        assert.match((await expect(404, "GET", path)).text, /<html lang/, path);
    }
    await refused(400, "invalid_request", { field: "show_id" }, "GET", "/api/v1/shows/abc");
    const link = async (path) => /href="(\/login[^"]*)"/.exec((await send("GET", path)).text)[1];
    assert.equal(await link("/search?q=alien&kind=film"), "/login?next=/search%3Fq%3Dalien%26kind%3Dfilm");
    assert.equal(await link("/"), "/login?next=/");
    assert.equal(await link("/signup?next=%2Fshows%2F7"), "/login");
    assert.equal(await link("/verify?token=secret"), "/login");
});

test("the script knows the settings of the README, and warns of others", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const listed = [...readme.matchAll(/^\| `BOXOFFICE_([A-Z_]+)`/gm)].map(([, name]) => name);
    const known = /known_settings='([^']*)'/.exec(readFileSync(join(root, "boxoffice"), "utf8"))[1].trim().split(/\s+/);
    assert.deepEqual(known.sort(), listed.sort());
    const { stderr } = spawnSync(join(root, "boxoffice"), ["up"], { encoding: "utf8", env: { ...process.env, BOXOFFICE_RATE_LIMITS: "7" } });
    assert.match(stderr, /^boxoffice: there is no setting BOXOFFICE_RATE_LIMITS; it has no effect$/m);
    assert.doesNotMatch(stderr, /setting BOXOFFICE_RATE_LIMIT;/);
});

endInPeace();

// Signing up, in and out: what a session is worth, where its cookie goes, and that no other site can use it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { expect, formsOf, get, refused, send } from "../support/client.mjs";
import { makeBuyer, makeBuyers, makeShow, smallHall, tokenHash } from "../support/house.mjs";
import { endsInPeace, gateway, quoted, server, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const password = "correct horse battery";
const anybody = () => ({ email: `${randomUUID()}@sessions.example`, password, name: "Sid Session" });
const attributesOf = (answer) => (answer.headers["set-cookie"] ?? []).find((line) => line.startsWith("boxoffice_session="));

async function signUp(person = anybody()) {
    await expect(201, "POST", "/api/v1/signup", { json: person });
    return person;
}

async function logIn({ email, password: secret }) {
    return await expect(200, "POST", "/api/v1/login", { json: { email, password: secret } });
}

test("a login gives a token and a cookie that no script can read and no other site sends", async () => {
    const answer = await logIn(await signUp());
    const cookie = attributesOf(answer);
    const [, value, rest] = /^boxoffice_session=([A-Za-z0-9_-]{43,}); (.*)$/.exec(cookie);
    assert.equal(value, answer.body.token);
    const attributes = rest.split("; ");
    for (const needed of ["HttpOnly", "SameSite=Lax", "Path=/"]) assert.ok(attributes.includes(needed), cookie);
    assert.ok(!attributes.some((attribute) => attribute.startsWith("Domain=")), cookie);
    const seconds = Number(/Max-Age=(\d+)/.exec(cookie)[1]);
    assert.ok(Math.abs(Date.parse(answer.body.expires_at) - Date.now() - seconds * 1000) < 5000);
    assert.match(answer.headers["cache-control"], /no-store/);
});

test("of a token only its hash is stored, and of a password only Argon2id with a salt of its own", async () => {
    const people = [await signUp(), await signUp()];
    const { token } = (await logIn(people[0])).body;
    assert.equal(sql(`select count(*) from account.sessions where token_hash = '\\x${tokenHash(token)}'`), "1");
    const hashes = people.map(({ email }) => sql(`select password_hash from account.users where email = ${quoted(email)}`));
    for (const hash of hashes) assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.notEqual(hashes[0], hashes[1]);
});

test("a session is as good by Authorization as by cookie, and two do not disturb each other", async () => {
    const person = await signUp();
    const [one, two] = [(await logIn(person)).body.token, (await logIn(person)).body.token];
    assert.notEqual(one, two);
    const cookies = new Map([["boxoffice_session", one]]);
    assert.equal((await get("/api/v1/me", { token: two })).email, person.email);
    assert.equal((await get("/api/v1/me", { cookies })).email, person.email);
    assert.equal((await get("/api/v1/me", { headers: { Authorization: `bearer ${two}` } })).email, person.email);
    await expect(204, "POST", "/api/v1/logout", { token: one });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: one });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { cookies });
    await refused(401, "not_signed_in", {}, "POST", "/api/v1/logout", { token: one });
    assert.equal((await get("/api/v1/me", { token: two })).email, person.email);
});

test("logging out takes the browser's cookie away", async () => {
    const cookies = new Map();
    const { email } = await signUp();
    await expect(200, "POST", "/api/v1/login", { json: { email, password }, cookies });
    assert.ok(cookies.has("boxoffice_session"));
    await expect(204, "POST", "/api/v1/logout", { cookies });
    assert.ok(!cookies.has("boxoffice_session"));
});

test("Authorization goes before the cookie", async () => {
    const [one, two] = makeBuyers(2);
    const cookies = new Map([["boxoffice_session", one]]);
    assert.equal((await get("/api/v1/me", { cookies, token: two })).user_id, (await get("/api/v1/me", { token: two })).user_id);
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { cookies, token: "wrong" });
});

test("one's name and language can be changed, and nothing else of one's account", async () => {
    const person = await signUp();
    const { token } = (await logIn(person)).body;
    const changed = (await expect(200, "PATCH", "/api/v1/me", { token, json: { name: " 王小明 ", preferred_language: "zh" } })).body;
    assert.deepEqual([changed.name, changed.preferred_language, changed.email, changed.role], ["王小明", "zh", person.email, "customer"]);
    assert.deepEqual(await get("/api/v1/me", { token }), changed);
    for (const json of [{ role: "admin" }, { email: "other@sessions.example" }, { user_id: 1 }, { password_hash: "x" }]) {
        await refused(400, "invalid_request", { field: Object.keys(json)[0] }, "PATCH", "/api/v1/me", { token, json });
    }
    assert.deepEqual(await get("/api/v1/me", { token }), changed);
});

test("a password has eight to a thousand characters of any kind", async () => {
    for (const good of ["kv8 mq2z", "密码密码密码座位", "correct horse ".repeat(72).slice(0, 1000), "     \t   ?", "pass\nword\t!"]) {
        const person = await signUp({ ...anybody(), password: good });
        await logIn(person);
    }
    for (const bad of ["", "1234567", "密码密码密码密", "a".repeat(1001)]) {
        await refused(400, "invalid_request", { field: "password" }, "POST", "/api/v1/signup", { json: { ...anybody(), password: bad } });
    }
});

test("a name may be written in any script, an address in any letters, and both lose the space around them", async () => {
    const email = `${randomUUID()}@sessions.example`;
    const { body } = await expect(201, "POST", "/api/v1/signup", { json: { email: ` ${email} `, password, name: "  Zoë 王 O'Neill <b>  " } });
    assert.deepEqual([body.email, body.name, body.role], [email, "Zoë 王 O'Neill <b>", "customer"]);
    const cookies = new Map();
    await expect(200, "POST", "/api/v1/login", { json: { email: email.toUpperCase(), password }, cookies });
    const page = await expect(200, "GET", "/account", { cookies });
    assert.match(page.text, /Zoë 王 O(&#39;|')Neill &lt;b&gt;/);
});

test("a wrong login tells nobody which addresses are known, neither by words nor by time", async () => {
    const known = (await signUp()).email;
    const unknown = `${randomUUID()}@sessions.example`;
    const time = async (email) => {
        const times = [];
        for (let n = 0; n < 15; ++n) {
            const began = performance.now();
            await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", { base: server, json: { email, password: "wrong wrong" } });
            times.push(performance.now() - began);
        }
        return times.sort((a, b) => a - b)[3];
    };
    const [knownTime, unknownTime] = [await time(known), await time(unknown)];
    assert.ok(unknownTime > knownTime * 0.5 && unknownTime < knownTime * 2, `${knownTime} ms and ${unknownTime} ms`);
});

// ---- pages ----

test("a page that is one's own leads a stranger to the login, and from there back to where they wanted to be", async () => {
    const showId = makeShow(smallHall);
    for (const path of ["/account", "/bookings/bk_1_00000000000000000000000000000000"]) {
        const to = (await expect(303, "GET", path)).headers.location;
        assert.equal(to, `/login?next=${encodeURIComponent(path)}`);
    }
    const held = await expect(303, "POST", `/shows/${showId}/holds`, { form: { seats: "A-1" } });
    assert.match(held.headers.location, /^\/login\?next=/);

    const { email } = await signUp();
    const cookies = new Map();
    const page = await expect(200, "GET", held.headers.location, { cookies });
    const form = formsOf(page.text).find(({ action }) => action === "/login");
    const back = await expect(303, "POST", "/login", { cookies, form: { ...form.fields, email, password } });
    assert.match(back.headers.location, new RegExp(`^/shows/${showId}\\b`));
    assert.ok(cookies.has("boxoffice_session"));
    const show = await expect(200, "GET", back.headers.location, { cookies });
    assert.match(show.text, /value="A-1"[^>]*\bchecked\b/, "the seat that was chosen is still ticked");
});

test("after a login the way leads nowhere but on this site", async () => {
    const { email } = await signUp();
    const elsewhere = ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "evil.example", "javascript:alert(1)", "/\t/evil.example", "///evil.example", "/ /evil.example", "/\r\nX: y", " /account", "/%0d%0aX: y"];
    for (const next of elsewhere) {
        const answer = await send("POST", "/login", { form: { email, password, next } });
        assert.equal(answer.status, 303, next);
        const to = new URL(answer.headers.location, "http://here.example/");
        assert.equal(to.origin, "http://here.example", `${next} leads to ${answer.headers.location}`);
        assert.doesNotMatch(answer.headers.location, /evil|[\r\n]/, next);
        const page = await expect(200, "GET", `/login?next=${encodeURIComponent(next)}`);
        assert.doesNotMatch(formsOf(page.text).find(({ action }) => action === "/login").fields.next, /evil|script|[\r\n]/, next);
    }
    assert.equal((await expect(303, "POST", "/login", { form: { email, password, next: "/search?q=a%20b" } })).headers.location, "/search?q=a%20b");
});

test("a wrong login by form comes back to the form, which says so and keeps the way", async () => {
    const { email } = await signUp();
    const cookies = new Map();
    const answer = await expect(303, "POST", "/login", { cookies, form: { email, password: "wrong wrong", next: "/account" } });
    assert.ok(!cookies.size);
    const page = await expect(200, "GET", answer.headers.location);
    assert.match(page.text, /role="alert"/);
    assert.equal(formsOf(page.text).find(({ action }) => action === "/login").fields.next, "/account");
});

test("signing up by form signs in; what is wrong comes back to the form", async () => {
    const cookies = new Map();
    const person = anybody();
    const answer = await expect(303, "POST", "/signup", { cookies, form: { ...person, next: "/account" } });
    assert.equal(answer.headers.location, "/account");
    assert.match((await expect(200, "GET", "/account", { cookies })).text, /Sid Session/);
    for (const form of [person, { ...anybody(), email: "nobody" }, { ...anybody(), name: " " }]) {
        const refusal = await expect(303, "POST", "/signup", { form: { ...form, next: "/account" } });
        const page = await expect(200, "GET", refusal.headers.location);
        assert.match(page.text, /role="alert"/, JSON.stringify(form));
        assert.equal(formsOf(page.text).find(({ action }) => action === "/signup").fields.next, "/account");
    }
    const short = await send("POST", "/signup", { form: { ...anybody(), password: "short" } });
    const told = short.status === 303 ? await expect(200, "GET", short.headers.location) : short;
    assert.match(told.text, /role="alert"|8 to 1000 characters/, "a password that is too short is named as the fault");
});

test("a form without its page's token, or with another's, is refused and changes nothing", async () => {
    const showId = makeShow(smallHall);
    const [mine, others] = makeBuyers(2).map((token) => new Map([["boxoffice_session", token]]));
    const csrfOf = async (cookies) => formsOf((await expect(200, "GET", `/shows/${showId}`, { cookies })).text).find(({ fields }) => fields.csrf).fields.csrf;
    const forms = [{}, { csrf: "" }, { csrf: "wrong" }, { csrf: await csrfOf(others) }, { csrf: mine.get("boxoffice_session") }];
    for (const form of forms) {
        const answer = await expect(403, "POST", `/shows/${showId}/holds`, { cookies: mine, form: { ...form, seats: "A-1" } });
        assert.match(answer.headers["content-type"], /^text\/html/);
        await expect(403, "POST", "/logout", { cookies: mine, form });
        await expect(403, "POST", "/account", { cookies: mine, form: { ...form, name: "Eve", preferred_language: "en" } });
    }
    assert.equal((await get(`/api/v1/shows/${showId}/seats`, { base: server })).available, 24);
    assert.equal((await get("/api/v1/me", { cookies: mine })).name, "Tess Tester");
    const csrf = await csrfOf(mine);
    await expect(303, "POST", `/shows/${showId}/holds`, { cookies: mine, form: { csrf, seats: "A-1" } });
    await expect(303, "POST", "/logout", { cookies: mine, form: { csrf } });
    assert.equal((await send("GET", "/api/v1/me", { cookies: mine })).status, 401);
});

test("what another site sends is refused, with the right token too, and also a login", async () => {
    const showId = makeShow(smallHall);
    const { email } = await signUp();
    const cookies = new Map([["boxoffice_session", makeBuyer()]]);
    const { csrf } = formsOf((await expect(200, "GET", `/shows/${showId}`, { cookies })).text).find(({ fields }) => fields.csrf).fields;
    const foreign = [{ Origin: "https://evil.example" }, { Origin: "null" }, { "Sec-Fetch-Site": "cross-site" }, { "Sec-Fetch-Site": "same-site" }, { Origin: `${gateway}.evil.example` }, { Origin: gateway.replace("http", "evil") + ".x" }];
    for (const headers of foreign) {
        await expect(403, "POST", `/shows/${showId}/holds`, { cookies, headers, form: { csrf, seats: "A-1" } });
        await expect(403, "POST", "/login", { headers, form: { email, password } });
        await expect(403, "POST", "/signup", { headers, form: anybody() });
        await refused(403, "forbidden", {}, "POST", "/api/v1/login", { headers, json: { email, password } });
        await refused(403, "forbidden", {}, "PATCH", "/api/v1/me", { cookies, headers, json: { name: "Eve" } });
        await refused(403, "forbidden", {}, "POST", "/api/v1/logout", { cookies, headers });
    }
    assert.equal((await get(`/api/v1/shows/${showId}/seats`, { base: server })).available, 24);
    assert.equal((await get("/api/v1/me", { cookies })).name, "Tess Tester");
    const own = { Origin: gateway, "Sec-Fetch-Site": "same-origin" };
    await expect(303, "POST", `/shows/${showId}/holds`, { cookies, headers: own, form: { csrf, seats: "A-1" } });
});

test("the token of a form does not tell the session's token", async () => {
    const token = makeBuyer();
    const page = await expect(200, "GET", `/shows/${makeShow(smallHall)}`, { cookies: new Map([["boxoffice_session", token]]) });
    assert.ok(!page.text.includes(token));
});

test("one's account page changes name and language, and says so", async () => {
    const cookies = new Map();
    const person = await signUp();
    await expect(200, "POST", "/api/v1/login", { json: { email: person.email, password }, cookies });
    const form = formsOf((await expect(200, "GET", "/account", { cookies })).text).find(({ action }) => action === "/account");
    assert.equal(form.fields.name, "Sid Session");
    const answer = await expect(303, "POST", "/account", { cookies, form: { csrf: form.fields.csrf, name: "Nia New", preferred_language: "zh" } });
    assert.match((await expect(200, "GET", answer.headers.location, { cookies })).text, /role="status"|class="notice/);
    const me = await get("/api/v1/me", { cookies });
    assert.deepEqual([me.name, me.preferred_language], ["Nia New", "zh"]);
});

test("an address at a domain in other letters, and a password, are the same however a browser or a keyboard writes them", async () => {
    const name = randomUUID();
    const secret = "caf\u00e9 \uac00 correct horse";
    const { body } = await expect(201, "POST", "/api/v1/signup", { json: { email: `${name}@B\u00dccher.example`, password: secret, name: "Bea" } });
    assert.equal(body.email, `${name}@xn--bcher-kva.example`);
    for (const domain of ["b\u00fccher.example", "bu\u0308cher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE"]) {
        for (const password of [secret, secret.normalize("NFD"), secret.replace("c", "\uff43")]) {
            await expect(200, "POST", "/api/v1/login", { json: { email: `${name}@${domain}`, password } });
        }
    }
    await refused(409, "email_taken", {}, "POST", "/api/v1/signup", { json: { email: `${name}@xn--bcher-kva.example`, password: secret, name: "Bea" } });
    for (const email of ["a@bad..com", "a@-bad.com", "\u00e9@x.e"]) {
        await refused(400, "invalid_request", { field: "email" }, "POST", "/api/v1/signup", { json: { email, password: secret, name: "Bea" } });
    }
    for (const wrong of ["\u200b", "\u3000", "a\ufffe", "a\u202eb"]) {
        await refused(400, "invalid_request", { field: "name" }, "POST", "/api/v1/signup", { json: { email: `${randomUUID()}@sessions.example`, password: secret, name: wrong } });
    }
});

endInPeace();

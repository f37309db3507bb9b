// What owners do with their accounts, over the API and by the pages: passwords, addresses, sessions, keys, their data, and the end of it; and
// guessing, which gets slower.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, expect, formsOf, get, isProblem, refused, send } from "../support/client.mjs";
import { hold, makeShow } from "../support/house.mjs";
import { endsInPeace, root, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

let count = 0;
async function person(password = "correct horse") {
    const email = `owner-${process.pid}-${++count}@test.example`;
    const { user_id } = (await expect(201, "POST", "/api/v1/signup", { json: { email, password, name: "Olive" } })).body;
    return { email, password, user_id, token: await signIn(email, password) };
}
const signIn = async (email, password) => (await expect(200, "POST", "/api/v1/login", { json: { email, password } })).body.token;
const confirm = ({ user_id }) => sql(`update account.users set email_verified_at = now() where user_id = ${user_id}`);
// The link of the newest mail of a kind, of which the worker has made a file; its token is made anew here.
const linkOf = ({ user_id }, purpose) =>
    sql(`select account.write_mail_link(link_id) from account.mail_links where user_id = ${user_id} and purpose = '${purpose}' order by created_at desc limit 1`);

test("passwords that everybody guesses are refused, one's own address and name among them", async () => {
    const sign = (password, more) => ({ json: { email: "guess@test.example", password, name: "Guessable Person", ...more } });
    for (const password of ["password", "12345678", "Password1", "qwertyuiop", "guess@test.example", "iloveyou", "11111111", "Guessable Person", "password123"]) {
        await refused(400, "invalid_request", { field: "password" }, "POST", "/api/v1/signup", sign(password));
    }
    await refused(400, "invalid_request", { field: "password" }, "POST", "/api/v1/signup", sign("x".repeat(1001)));
    const one = await person();
    await refused(400, "invalid_request", { field: "new_password" }, "POST", "/api/v1/me/password", { token: one.token, json: { password: one.password, new_password: "password" } });
    await refused(400, "invalid_request", { field: "new_password" }, "POST", "/api/v1/me/password", { token: one.token, json: { password: one.password, new_password: "short" } });
});

test("who changes the password stays signed in here, and nowhere else; keys end", async () => {
    const one = await person();
    await refused(403, "not_verified", {}, "POST", "/api/v1/api_keys", { token: one.token, json: { name: "till" } });
    confirm(one);
    const { key } = (await expect(201, "POST", "/api/v1/api_keys", { token: one.token, json: { name: "till" } })).body;
    const byKey = { headers: { "Api-Key": key } };
    assert.equal((await expect(200, "GET", "/api/v1/me", byKey)).body.email, one.email);
    await refused(403, "forbidden", {}, "POST", "/api/v1/api_keys", { ...byKey, json: { name: "another" } });
    const elsewhere = await signIn(one.email, one.password);
    const { items } = await get("/api/v1/me/sessions", { token: one.token });
    assert.deepEqual(items.map(({ is_current }) => is_current), [false, true]);

    await refused(401, "wrong_credentials", {}, "POST", "/api/v1/me/password", { token: one.token, json: { password: "not the password", new_password: "battery staple" } });
    await refused(400, "invalid_request", { field: "password" }, "POST", "/api/v1/me/password", { token: one.token, json: { new_password: "battery staple" } });
    await refused(401, "not_signed_in", {}, "POST", "/api/v1/me/password", { json: { password: one.password, new_password: "battery staple" } });
    await expect(204, "POST", "/api/v1/me/password", { token: one.token, json: { password: one.password, new_password: "battery staple" } });
    await expect(200, "GET", "/api/v1/me", { token: one.token });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: elsewhere });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", byKey);
    await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", { json: { email: one.email, password: one.password } });
    const again = await signIn(one.email, "battery staple");
    const [{ session_id }] = (await get("/api/v1/me/sessions", { token: one.token })).items;
    await expect(204, "DELETE", `/api/v1/me/sessions/${session_id}`, { token: one.token });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: again });
    await refused(404, "not_found", {}, "DELETE", `/api/v1/me/sessions/${session_id}`, { token: one.token });
});

test("another address is confirmed at that address, and then signs in", async () => {
    const one = await person();
    const email = one.email.replace("owner", "moved");
    const other = await person();
    await refused(409, "email_taken", {}, "POST", "/api/v1/me/email", { token: one.token, json: { email: other.email, password: one.password } });
    await refused(400, "invalid_request", { field: "email" }, "POST", "/api/v1/me/email", { token: one.token, json: { email: "moved", password: one.password } });
    await expect(202, "POST", "/api/v1/me/email", { token: one.token, json: { email, password: one.password } });
    assert.equal((await get("/api/v1/me", { token: one.token })).email, one.email);
    await expect(204, "POST", "/api/v1/verify_email", { json: { token: linkOf(one, "change_email") } });
    assert.equal((await get("/api/v1/me", { token: one.token })).email, email);
    await signIn(email, one.password);
    const told = () => sql(`select count(*) from ops.outbox where payload ->> 'mail' = 'email_changed' and payload ->> 'to' = '${one.email}' and done_at is not null`);
    await eventually(told, (done) => done === "1");
});

test("one has all of one's data, and deletes the account when nothing is to come", async () => {
    const one = await person();
    const showId = makeShow({ places: 3 });
    const { booking_id } = await hold(showId, one.token, { quantity: 1 });
    const data = await get("/api/v1/me/export", { token: one.token });
    assert.equal(data.account.email, one.email);
    assert.deepEqual(data.bookings.map((each) => each.booking_id), [booking_id]);
    const end = (password) => ({ token: one.token, json: { password } });
    await refused(409, "in_use", { used_by: "bookings", count: 1 }, "POST", "/api/v1/me/deletion", end(one.password));
    await expect(204, "DELETE", `/api/v1/bookings/${booking_id}`, { token: one.token });
    await refused(401, "wrong_credentials", {}, "POST", "/api/v1/me/deletion", end("not the password"));
    await expect(204, "POST", "/api/v1/me/deletion", end(one.password));
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: one.token });
    await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", { json: { email: one.email, password: one.password } });
    assert.equal(sql(`select count(*) from account.users where email = '${one.email}'`), "0");
    await expect(201, "POST", "/api/v1/signup", { json: { email: one.email, password: one.password, name: "Olive" } });
});

test("guesses on one account get slower, and the right password is not tried meanwhile", async () => {
    const one = await person();
    const guess = (password) => send("POST", "/api/v1/login", { json: { email: one.email, password } });
    for (let n = 0; n < 20; ++n) isProblem(await guess(`wrong wrong ${n}`), 401, "wrong_credentials");
    const stopped = await guess("wrong wrong");
    isProblem(stopped, 429, "rate_limited", { retry_after: stopped.body.retry_after });
    assert.equal(stopped.headers["retry-after"], String(stopped.body.retry_after));
    assert.equal((await guess(one.password)).status, 429);
    const other = await person();
    await signIn(other.email, other.password);
    const nobody = { json: { email: `nobody-${process.pid}@test.example`, password: "wrong wrong" } };
    for (let n = 0; n < 20; ++n) await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", nobody);
    assert.equal((await send("POST", "/api/v1/login", nobody)).status, 429, "an address that nobody has is treated alike");
    await eventually(() => guess(one.password), ({ status }) => status === 200, 10);
});

test("a forgotten password is asked for alike whether the address is known, and ends what others may have", async () => {
    const one = await person();
    const [known, unknown] = [
        await expect(202, "POST", "/api/v1/password_resets", { json: { email: one.email } }),
        await expect(202, "POST", "/api/v1/password_resets", { json: { email: "nobody-at-all@test.example" } }),
    ];
    assert.deepEqual(known.body, unknown.body);
    await eventually(() => sql(`select count(*) from account.mail_links where user_id = ${one.user_id} and purpose = 'reset_password'`), (made) => made === "1");
    await expect(204, "POST", "/api/v1/reset_password", { json: { token: linkOf(one, "reset_password"), password: "battery staple" } });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: one.token });
    await signIn(one.email, "battery staple");
});

test("the account's page does all of it by forms", async () => {
    const one = await person();
    confirm(one);
    await expect(201, "POST", "/api/v1/api_keys", { token: one.token, json: { name: "The till" } });
    const elsewhere = await signIn(one.email, one.password);
    const cookies = new Map([["boxoffice_session", one.token]]);
    const page = async (path = "/account") => (await expect(200, "GET", path, { cookies })).text;
    const submit = async (action, fields) => {
        const form = formsOf(await page()).find((each) => each.action.startsWith(action));
        return (await expect(303, "POST", form.action, { cookies, form: { ...form.fields, ...fields } })).headers.location;
    };
    assert.match(await page(), /The till/);
    await submit("/account/sessions/");
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: elsewhere });
    await submit("/account/api_keys/");
    assert.doesNotMatch(await page(), /The till/);
    assert.equal(await submit("/account/password", { password: "not the password", new_password: "battery staple" }), "/account?security=wrong_password");
    assert.match(await page("/account?security=wrong_password"), /not your present password/);
    assert.equal(await submit("/account/password", { password: one.password, new_password: "battery staple" }), "/account?security=password_changed");
    assert.equal(await submit("/account/email", { email: one.email.replace("owner", "page"), password: "battery staple" }), "/account?security=email_sent");
    const file = await expect(200, "GET", "/account/export", { cookies });
    assert.match(file.headers["content-disposition"], /boxoffice\.json/);
    assert.equal(JSON.parse(file.text).account.email, one.email);
    assert.equal(await submit("/account/deletion", { password: "battery staple" }), "/");
    await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", { json: { email: one.email, password: "battery staple" } });
});

test("a form to sign in or up that was refused keeps what was typed", async () => {
    const cookies = new Map();
    const [form] = formsOf((await expect(200, "GET", "/login?next=/account", { cookies })).text).filter(({ action }) => action === "/login");
    const { location } = (await expect(303, "POST", "/login", { cookies, form: { ...form.fields, email: "typed@test.example", password: "wrong wrong" } })).headers;
    assert.match((await expect(200, "GET", location, { cookies })).text, /value="typed@test\.example"/);
    assert.match((await expect(200, "GET", "/signup?error=email&email=typed&name=Typed+Name", {})).text, /value="Typed Name"[\s\S]*value="typed"/);
    for (const password of ["password", "short"]) {
        const weak = { email: "weak@test.example", password, name: "Typed Name", next: "/search" };
        const { location } = (await expect(303, "POST", "/signup", { form: weak })).headers;
        assert.equal(location, "/signup?error=password&next=%2Fsearch&email=weak%40test.example&name=Typed%20Name");
        assert.match((await expect(200, "GET", location, {})).text, /not one of the most common[\s\S]*value="Typed Name"[\s\S]*value="weak@test\.example"[\s\S]*aria-invalid/);
        await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", { json: { email: weak.email, password } });
    }
});

test("whoever runs the machine makes the first administrator, gives roles, and sets passwords", async () => {
    const email = `first-${process.pid}@test.example`;
    const user = (input, ...words) => spawnSync(join(root, "boxoffice"), ["user", ...words], { encoding: "utf8", input });
    assert.equal(user("kv8 mq2z\n", "add", email, "--role", "admin", "--name", "The First").stdout, "made\n");
    const one = (await expect(200, "POST", "/api/v1/login", { json: { email, password: "kv8 mq2z" } })).body;
    assert.deepEqual([one.user.role, one.user.name], ["admin", "The First"]);
    await get("/api/v1/admin/audit", { token: one.token });
    const other = await person();
    assert.equal(user("", "role", other.email, "staff").stdout, "changed\n");
    assert.equal((await get("/api/v1/me", { token: other.token })).role, "staff");
    assert.equal(user("another long one\n", "password", email).stdout, "changed\n");
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: one.token });
    await signIn(email, "another long one");
    for (const [input, ...words] of [["short\n", "password", email], ["", "role", "nobody@test.example", "staff"], ["", "role", email, "king"], ["", "add"], ["", "rename", email], ["", "password", email]]) {
        const run = user(input, ...words);
        assert.notEqual(run.status, 0, words.join(" "));
        assert.match(run.stderr, /^boxoffice: /m);
    }
});

endInPeace();

// Mails that the instance keeps as files, read by postal-mime: what is in them, and what their links do.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ICAL from "ical.js";
import { eventually, expect, formsOf, get, refused } from "../support/client.mjs";
import { hold, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, home, quoted, sql } from "../support/instance.mjs";
import { header, linkIn, mailsTo, mailTo } from "../support/mail.mjs";

const endInPeace = endsInPeace();
const password = "correct horse battery";

async function signUp(more = {}) {
    const person = { email: `${randomUUID()}@mail.example`, password, name: "Max Mail", ...more };
    await expect(201, "POST", "/api/v1/signup", { json: person });
    return person;
}

const logIn = async ({ email, password: secret }) => (await expect(200, "POST", "/api/v1/login", { json: { email, password: secret } })).body.token;

// Signs up, confirms the address and signs in.
async function makeConfirmed(more) {
    const person = await signUp(more);
    sql(`update account.users set email_verified_at = now() where email = ${quoted(person.email)}`);
    return { ...person, token: await logIn(person) };
}

const bodyOf = (link) => new URL(link).searchParams.get("token");
const isVerification = (mail) => mail.text.includes("/verify?");
const isReset = (mail) => mail.text.includes("/reset?");
const isAbout = (word) => (mail) => mail.subject.includes(word);

test("a mail has the headers of one that a program sends, a text, and the same as HTML", async () => {
    const { email } = await signUp({ name: "Buy cheap at http://evil.example" });
    const mail = await mailTo(email);
    assert.equal(mail.subject, "Confirm your address");
    assert.deepEqual(mail.from, { address: "boxoffice@localhost", name: "Boxoffice" });
    assert.equal(header(mail, "auto-submitted"), "auto-generated");
    assert.equal(header(mail, "mime-version"), "1.0");
    assert.match(mail.messageId, /^<0\.[0-9a-f-]{36}@localhost>$/);
    assert.ok(Math.abs(Date.parse(mail.date) - Date.now()) < 60_000, mail.date);
    assert.ok(mail.text.includes(linkIn(mail, "/verify")));
    assert.ok(mail.html.includes(linkIn(mail, "/verify")));
    assert.ok(linkIn(mail, "/verify").startsWith(`${gateway}/verify?token=`));
    assert.ok(!mail.source.includes("evil.example"), "whoever signs up has no say in what is written to an address");
});

test("a link confirms the address by its page's button, and not by being looked at", async () => {
    const person = await signUp();
    const token = await logIn(person);
    const link = new URL(linkIn(await mailTo(person.email), "/verify"));
    for (let look = 0; look < 3; ++look) await expect(200, "GET", link.pathname + link.search);
    assert.equal((await get("/api/v1/me", { token })).is_email_verified, false);
    const page = (await expect(200, "GET", link.pathname + link.search)).text;
    const form = formsOf(page).find(({ action }) => action === "/verify");
    const done = await expect(303, "POST", "/verify", { form: form.fields });
    assert.equal(done.headers.location, "/verify?done=true");
    assert.equal((await get("/api/v1/me", { token })).is_email_verified, true);
    assert.equal((await expect(303, "POST", "/verify", { form: form.fields })).headers.location, "/verify?error=link_expired");
});

test("the API confirms an address once, and has the mail sent again", async () => {
    const person = await signUp();
    const token = await logIn(person);
    const first = await mailTo(person.email);
    assert.deepEqual((await expect(202, "POST", "/api/v1/me/verification_mails", { token })).body, { is_email_verified: false });
    const second = await mailTo(person.email, (mail) => mail.messageId !== first.messageId);
    await expect(204, "POST", "/api/v1/verify_email", { json: { token: bodyOf(linkIn(second, "/verify")) } });
    await refused(409, "link_expired", {}, "POST", "/api/v1/verify_email", { json: { token: bodyOf(linkIn(second, "/verify")) } });
    await refused(409, "link_expired", {}, "POST", "/api/v1/verify_email", { json: { token: "nonsense" } });
    await refused(400, "invalid_request", { field: "token" }, "POST", "/api/v1/verify_email", { json: {} });
    assert.deepEqual((await expect(202, "POST", "/api/v1/me/verification_mails", { token })).body, { is_email_verified: true });
    await refused(401, "not_signed_in", {}, "POST", "/api/v1/me/verification_mails", {});
});

test("a forgotten password is set anew by the mail's link, which ends all sessions", async () => {
    const person = await makeConfirmed();
    await expect(202, "POST", "/api/v1/password_resets", { json: { email: person.email.toUpperCase() } });
    const token = bodyOf(linkIn(await mailTo(person.email, isReset), "/reset"));
    await refused(400, "invalid_request", { field: "password" }, "POST", "/api/v1/reset_password", { json: { token, password: "short" } });
    await expect(204, "POST", "/api/v1/reset_password", { json: { token, password: "a new one altogether" } });
    await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { token: person.token });
    await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", { json: { email: person.email, password } });
    await logIn({ ...person, password: "a new one altogether" });
    await refused(409, "link_expired", {}, "POST", "/api/v1/reset_password", { json: { token, password: "a third one" } });
});

test("the pages do the same", async () => {
    const person = await makeConfirmed();
    const asked = await expect(303, "POST", "/forgot", { form: { email: person.email } });
    assert.equal(asked.headers.location, "/forgot?sent=true");
    const link = new URL(linkIn(await mailTo(person.email, isReset), "/reset"));
    const form = formsOf((await expect(200, "GET", link.pathname + link.search)).text).find(({ action }) => action === "/reset");
    const done = await expect(303, "POST", "/reset", { form: { ...form.fields, password: "by the page itself" } });
    assert.equal(done.headers.location, "/login?reset=true");
    await logIn({ ...person, password: "by the page itself" });
    assert.equal((await expect(303, "POST", "/reset", { form: { ...form.fields, password: "once more" } })).headers.location, "/reset?error=link_expired");
});

test("nobody learns which addresses are known, and nobody is flooded", async () => {
    const person = await makeConfirmed();
    const known = await expect(202, "POST", "/api/v1/password_resets", { json: { email: person.email } });
    const unknown = await expect(202, "POST", "/api/v1/password_resets", { json: { email: "nobody@mail.example" } });
    assert.equal(known.text, unknown.text);
    for (let time = 0; time < 5; ++time) await expect(202, "POST", "/api/v1/password_resets", { json: { email: person.email } });
    await eventually(() => mailsTo(person.email), (mails) => mails.filter(isReset).length === 3);
    await eventually(() => sql("select count(*) from ops.outbox where payload ->> 'mail' = 'reset_password' and done_at is null"), (open) => open === "0");
    assert.equal((await mailsTo(person.email)).filter(isReset).length, 3);
    assert.equal((await mailsTo("nobody@mail.example")).length, 0);
});

test("what a link holds is in no log", async () => {
    const person = await signUp();
    const link = new URL(linkIn(await mailTo(person.email), "/verify"));
    await expect(200, "GET", link.pathname + link.search);
    await expect(200, "GET", `${link.pathname + link.search}&lang=zh`);
    const { headers } = await expect(303, "POST", "/verify", { form: { token: bodyOf(link) }, headers: { Referer: link.href } });
    const logs = ["access", "server", "worker", "gateway", "postgres"].map((name) => `${home}/log/${name}.log`);
    await eventually(() => readFileSync(logs[0], "utf8"), (text) => text.includes(headers["x-request-id"]));
    for (const log of logs) assert.ok(!readFileSync(log, "utf8").includes(bodyOf(link)), log);
    assert.equal(sql(`select count(*) from ops.outbox where payload::text like '%${bodyOf(link)}%'`), "0");
});

test("a purchase is confirmed with its tickets as PDF and as an appointment", async () => {
    const showId = makeShow(smallHall);
    const person = await makeConfirmed();
    const { booking_id: id } = await hold(showId, person.token, { seats: ["A-1", "A-2"] });
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token: person.token, json: { payment_method: "pm_card_visa" } });
    const mail = await mailTo(person.email, isAbout("tickets"));
    assert.match(mail.subject, /^Your tickets: A Talk for Tests, /);
    assert.deepEqual(mail.to, [{ address: person.email, name: "Max Mail" }]);
    assert.match(mail.text, /^Hello Max Mail,/);
    assert.match(mail.text, /Seats: A-1, A-2\nTotal: €24\.00\n/);
    assert.ok(linkIn(mail, "/bookings/").endsWith(`/bookings/${id}`));
    assert.deepEqual(mail.attachments.map(({ filename, mimeType, disposition }) => [filename, mimeType, disposition]), [
        [`tickets-${id}.pdf`, "application/pdf", "attachment"],
        [`tickets-${id}.ics`, "text/calendar", "attachment"],
    ]);
    const [pdf, calendar] = mail.attachments.map(({ content }) => Buffer.from(content).toString("latin1"));
    assert.ok(pdf.startsWith("%PDF-") && pdf.trimEnd().endsWith("%%EOF"));
    assert.equal(new ICAL.Component(ICAL.parse(calendar)).getFirstSubcomponent("vevent").getFirstPropertyValue("summary").includes("A Talk for Tests"), true);
    assert.equal((await mailsTo(person.email)).filter(isAbout("tickets")).length, 1);
});

test("a declined card is told, in the language that one prefers", async () => {
    const showId = makeShow(smallHall);
    const person = await makeConfirmed({ name: "王小明" });
    await expect(200, "PATCH", "/api/v1/me", { token: person.token, json: { preferred_language: "zh" } });
    const { booking_id: id } = await hold(showId, person.token, { seats: ["B-1"] });
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token: person.token, json: { payment_method: "pm_card_chargeDeclined" } });
    const mail = await mailTo(person.email, isAbout("支付未成功"));
    assert.equal(mail.subject, "支付未成功：A Talk for Tests");
    assert.equal(mail.to[0].name, "王小明");
    assert.equal(header(mail, "content-language"), "zh");
    assert.match(mail.text, /^王小明，您好，/);
    assert.match(mail.text, /座位: B-1\n/);
    assert.ok(mail.source.split("\r\n").every((line) => line.length <= 78));
});

test("a mail has the language in which one signed up", async () => {
    const email = `${randomUUID()}@mail.example`;
    await expect(201, "POST", "/api/v1/signup", { json: { email, password, name: "小" }, headers: { "Accept-Language": "zh-CN" } });
    assert.equal((await mailTo(email, isVerification)).subject, "请确认您的邮箱");
});


test("what was given back is taken out of calendars by the mail that says so", async () => {
    const showId = makeShow(smallHall);
    const person = await makeConfirmed();
    const { booking_id: id } = await hold(showId, person.token, { seats: ["A-1", "A-2"] });
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token: person.token, json: { payment_method: "pm_card_visa" } });
    await mailTo(person.email, isAbout("tickets"));
    await expect(202, "POST", `/api/v1/bookings/${id}/refund`, { token: person.token, json: { reason: "Ill." } });
    const mail = await mailTo(person.email, ({ subject }) => /^Refund: /.test(subject));
    assert.deepEqual(mail.attachments.map(({ filename, mimeType }) => [filename, mimeType]), [[`tickets-${id}.ics`, "text/calendar"]]);
    const calendar = Buffer.from(mail.attachments[0].content).toString("utf8");
    assert.match(calendar, /METHOD:CANCEL/);
    assert.match(calendar, /SEQUENCE:1\r?\n/);
    assert.match(calendar, /STATUS:CANCELLED/);
});

endInPeace();

// What leaves the office as a file, the report's page, and the page on which roles are given.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, expect, formsOf, get, refused, send } from "../support/client.mjs";
import { hold, makeAdmin, makeBuyer, makeShow, makeStaff } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const token = makeAdmin();

test("the catalogue is exported as CSV, JSON and JSON lines, each with all rows", async () => {
    for (const what of ["cities", "venues", "halls", "events", "shows"]) {
        const json = await expect(200, "GET", `/api/v1/admin/export/${what}?format=json`, { token });
        assert.match(json.headers["content-disposition"], new RegExp(`filename="${what}\\.json"`));
        const lines = await expect(200, "GET", `/api/v1/admin/export/${what}?format=jsonl`, { token });
        assert.deepEqual(lines.text.trimEnd().split("\n").map((line) => JSON.parse(line)), json.body, what);
        const csv = await expect(200, "GET", `/api/v1/admin/export/${what}`, { token });
        assert.match(csv.headers["content-type"], /^text\/csv/);
        assert.equal(csv.text.split("\r\n")[0], Object.keys(json.body[0]).join(","));
        assert.ok(json.body.length > 0);
    }
    const { body } = await expect(200, "GET", "/api/v1/admin/export/venues?format=json", { token });
    assert.ok(body.length >= 20);
    await refused(404, "not_found", {}, "GET", "/api/v1/admin/export/users", { token });
    await refused(404, "not_found", {}, "GET", "/api/v1/admin/export/pg_class", { token });
    await refused(400, "invalid_request", { field: "format" }, "GET", "/api/v1/admin/export/cities?format=xml", { token });
    await refused(403, "forbidden", {}, "GET", "/api/v1/admin/export/cities", { token: makeStaff() });
});

test("a spreadsheet runs no formula of an export, and what needs quotes has them", () => {
    for (const [text, field] of [
        ["=1+1", "'=1+1"], ["+491234", "'+491234"], ["-5", "-5"], ["-5.25", "-5.25"], ["-5+cmd", "'-5+cmd"], ["@sum(a1)", "'@sum(a1)"],
        ["a,b", '"a,b"'], ['say "hi"', '"say ""hi"""'], ["two\nlines", '"two\nlines"'], ['=hyperlink("x")', '"\'=hyperlink(""x"")"'], ["plain", "plain"],
    ]) {
        assert.equal(sql(`select api.csv_field($x$${text}$x$)`), field, text);
    }
});

test("each report is a page and a file", async () => {
    const reports = sql("select string_agg(viewname, ',' order by viewname) from pg_views where schemaname = 'report'").split(",");
    const { text } = await expect(200, "GET", "/admin/reports", { token });
    for (const report of reports) {
        assert.ok(text.includes(`/admin/reports?name=${report}"`), report);
        await expect(200, "GET", `/admin/reports?name=${report}`, { token });
        await expect(200, "GET", `/api/v1/admin/export/${report}`, { token });
    }
    assert.match((await expect(200, "GET", "/admin/reports?name=sales_by_day", { token })).text, /<th scope="col"><code>sold_on<\/code>/);
    assert.equal((await send("GET", "/admin/reports?name=cities", { token })).status, 404);
    assert.equal((await send("GET", "/admin/reports", { token: makeStaff() })).status, 403);
});

test("an administrator gives roles on a page", async () => {
    const cookies = new Map([["boxoffice_session", token]]);
    const buyer = makeBuyer();
    const { email, user_id: id } = await get("/api/v1/me", { token: buyer });
    const path = `/admin/people?q=${encodeURIComponent(email)}`;
    const { text } = await expect(200, "GET", path, { cookies });
    const form = formsOf(text).find(({ action }) => action === `/admin/people/${id}`);
    const answer = await expect(303, "POST", form.action, { cookies, form: { ...form.fields, new_role: "staff" } });
    assert.match(answer.headers.location, /^\/admin\/people\?q=.*saved=true$/);
    assert.equal((await get("/api/v1/me", { token: buyer })).role, "staff");
    const wrong = await expect(303, "POST", form.action, { cookies, form: { ...form.fields, new_role: "king" } });
    assert.match(wrong.headers.location, /error=role/);
    assert.equal((await get("/api/v1/me", { token: buyer })).role, "staff");
    await expect(303, "POST", form.action, { cookies, form: { ...form.fields, new_role: "customer" } });
});

test("a buyer gives single tickets back, until somebody was let in with them", async () => {
    const buyer = makeBuyer();
    const showId = makeShow({ rows: [{ row: "A", seats: 6 }] });
    const { booking_id: id } = await hold(showId, buyer, { seats: ["A-1", "A-2", "A-3"] });
    const address = `/api/v1/bookings/${id}`;
    const read = () => get(address, { token: buyer });
    await expect(202, "POST", `${address}/payments`, { token: buyer, json: { payment_method: "pm_card_visa" } });
    const { tickets } = await eventually(read, ({ status }) => status === "paid");
    const ticketOf = (seat) => tickets.find((ticket) => ticket.seat === seat).ticket_id;
    const give = (json) => ["POST", `${address}/refund`, { token: buyer, json }];

    await refused(400, "invalid_request", { field: "tickets" }, ...give({ tickets: [] }));
    await refused(400, "invalid_request", { field: "tickets" }, ...give({ tickets: ["tk_no"] }));
    await refused(404, "not_found", {}, "POST", `${address}/refund`, { token: makeBuyer(), json: { tickets: [ticketOf("A-1")] } });
    const { code } = tickets.find((ticket) => ticket.seat === "A-3");
    await expect(200, "POST", "/api/v1/checkin", { token: makeStaff(), json: { code, gate: "North" } });
    await refused(409, "too_late", { used: ["A-3"] }, ...give({ tickets: [ticketOf("A-1"), ticketOf("A-3")] }));

    await expect(202, ...give({ tickets: [ticketOf("A-2"), ticketOf("A-2")], reason: "one is ill" }));
    const after = await read();
    assert.equal(after.status, "paid");
    assert.deepEqual(after.tickets.map(({ seat, status }) => `${seat} ${status}`), ["A-1 valid", "A-2 void", "A-3 used"]);
    assert.equal((await get(`/api/v1/shows/${showId}`)).seats_available, 4);
    await refused(409, "too_late", { used: ["A-3"] }, ...give({}));
    await eventually(() => sql(`select string_agg(status || amount_minor, ',') from sales.payments where show_id = ${showId} and kind = 'refund'`), (rows) => /^succeeded\d+$/.test(rows));
});

endInPeace();

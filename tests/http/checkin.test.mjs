// The door over HTTP: every end a scan can have, undoing, and the door without a network: its list, its own verification, its upload.
import assert from "node:assert/strict";
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { test } from "node:test";
import { expect, get, isProblem, refused, send } from "../support/client.mjs";
import { buyTickets, makeAdmin, makeBuyer, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const token = makeStaff();

const checkIn = (json, headers) => send("POST", "/api/v1/checkin", { token, json: { gate: "North", ...json }, headers });
const admit = async (json, headers) => {
    const answer = await checkIn(json, headers);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
};
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const upload = (showId, gate, scans, status = 200) =>
    expect(status, "POST", `/api/v1/admin/shows/${showId}/scans`, { token, json: { gate, scans } }).then(({ body }) => body);

// Asks for what was recorded, since a refusal must leave its trace too.
const outcomes = (showId) => sql(`select outcome from sales.ticket_scans where show_id = ${showId} order by recorded_at, ticket_id, scan_no`).split("\n").filter(Boolean);

// Four characters from the end: the last one has bits that nobody reads.
const forged = (code) => code.slice(0, -4) + (code.at(-4) === "A" ? "B" : "A") + code.slice(-3);

// A door of somebody else's making: it knows the list's key, and nothing else of us.
function verifies(code, showId, key) {
    const [version, show, text] = code.split(".");
    const bytes = Buffer.from(text ?? "", "base64url");
    if (version !== "BX1" || show !== String(showId) || bytes.length !== 28) return false;
    const signature = createHmac("sha256", Buffer.from(key, "base64url")).update(bytes.subarray(0, 16)).digest().subarray(0, 12);
    return timingSafeEqual(signature, bytes.subarray(16));
}

test("a ticket opens the door once, and a repeat is told when and at which gate", async () => {
    const showId = makeShow(smallHall);
    const [ticket] = await buyTickets(showId, 1);
    const { status, ticket: seen, used_at, gate, warning } = await admit({ code: ticket.code, show_id: showId });
    assert.deepEqual([status, seen.ticket_id, seen.seat, seen.tier, seen.show.show_id, seen.buyer_name, gate], ["admitted", ticket.ticket_id, ticket.seat, "standard", showId, "Tess Tester", "North"]);
    assert.equal(warning, "too_early");
    const again = await checkIn({ code: ticket.code, gate: "South" });
    isProblem(again, 409, "already_used", { used_at, gate: "North" });
    assert.equal(again.body.ticket.seat, ticket.seat);
    assert.deepEqual(outcomes(showId), ["admitted", "already_used"]);
});

test("what opens no door says why: void, another show, a cancelled one, forged", async () => {
    const showId = makeShow(smallHall);
    const [one, two] = await buyTickets(showId, 2);
    const otherShow = makeShow(smallHall);
    isProblem(await checkIn({ code: one.code, show_id: otherShow }), 422, "wrong_show");
    assert.equal((await checkIn({ code: one.code, show_id: otherShow })).body.ticket.show.show_id, showId);
    for (const code of [forged(one.code), one.code.replace(`.${showId}.`, `.${otherShow}.`), "", "BX1", "x".repeat(10_000), "票"]) {
        isProblem(await checkIn({ code }), 422, "bad_code");
    }
    sql(`update sales.tickets set status = 'void', voided_at = now() where ticket_id = '${two.uuid}'`);
    isProblem(await checkIn({ code: two.code }), 422, "void_ticket");
    sql(`update sales.tickets set status = 'valid', voided_at = null where ticket_id = '${two.uuid}'`);
    sql(`update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = ${showId}`);
    isProblem(await checkIn({ code: one.code }), 422, "show_cancelled");
    sql(`update sales.shows set status = 'on_sale', cancelled_at = null where show_id = ${showId}`);
    await admit({ code: one.code });
    assert.deepEqual(outcomes(showId), ["wrong_show", "wrong_show", "void_ticket", "show_cancelled", "admitted"]);
});

test("with an idempotency key a repeat gets the first answer", async () => {
    const showId = makeShow(smallHall);
    const [{ code }] = await buyTickets(showId, 1);
    const first = await admit({ code }, { "Idempotency-Key": "scan 1" });
    assert.deepEqual(await admit({ code }, { "Idempotency-Key": "scan 1" }), first);
    isProblem(await checkIn({ code }, { "Idempotency-Key": "scan 2" }), 409, "already_used");
    assert.deepEqual(outcomes(showId), ["admitted", "already_used"]);
});

test("staff makes a used ticket valid again, by its code or its id, and must say why", async () => {
    const showId = makeShow(smallHall);
    const [{ code, ticket_id }] = await buyTickets(showId, 1);
    const undo = (json) => send("POST", "/api/v1/checkin/undo", { token, json: { reason: "left again", ...json } });
    isProblem(await undo({ code }), 409, "not_used", { ticket_status: "valid" });
    await admit({ code });
    const undone = await undo({ code });
    assert.deepEqual([undone.status, undone.body.status, undone.body.ticket.ticket_id], [200, "valid", ticket_id]);
    await admit({ code });
    assert.equal((await undo({ ticket_id })).status, 200);
    isProblem(await undo({}), 400, "invalid_request", { field: "ticket_id" });
    isProblem(await undo({ code, ticket_id }), 400, "invalid_request", { field: "ticket_id" });
    isProblem(await undo({ code, reason: "" }), 400, "invalid_request", { field: "reason" });
    isProblem(await undo({ code: "BX1" }), 422, "bad_code");
    isProblem(await undo({ ticket_id: `tk_${showId}_${randomUUID().replaceAll("-", "")}` }), 404, "not_found");
    assert.deepEqual(outcomes(showId), ["admitted", "undone", "admitted", "undone"]);
});

test("the door is for staff, and says which it is", async () => {
    const showId = makeShow(smallHall);
    const [{ code }] = await buyTickets(showId, 1);
    const buyer = makeBuyer();
    for (const [method, path, json] of [
        ["POST", "/api/v1/checkin", { code, gate: "North" }],
        ["POST", "/api/v1/checkin/undo", { code, reason: "because" }],
        ["GET", `/api/v1/admin/shows/${showId}/codes`],
        ["GET", `/api/v1/admin/shows/${showId}/admissions`],
        ["POST", `/api/v1/admin/shows/${showId}/scans`, { gate: "North", scans: [] }],
    ]) {
        await refused(401, "not_signed_in", {}, method, path, { json });
        await refused(403, "forbidden", {}, method, path, { json, token: buyer });
    }
    for (const gate of ["", "   ", "g".repeat(51), "a\nb"]) isProblem(await checkIn({ code, gate }), 400, "invalid_request", { field: "gate" });
    await refused(400, "invalid_request", { field: "code" }, "POST", "/api/v1/checkin", { token, json: { gate: "North" } });
    assert.deepEqual(outcomes(showId), []);
});

test("with the show's list anybody's door tells our codes from others, those of tickets sold later too", async () => {
    const showId = makeShow(smallHall);
    const [one, two] = await buyTickets(showId, 2);
    await admit({ code: two.code });
    assert.equal((await get(`/api/v1/admin/shows/${showId}/codes`, { token })).key, null, "who holds the key makes tickets: it is an administrator's");
    const list = await get(`/api/v1/admin/shows/${showId}/codes`, { token: makeAdmin() });
    assert.deepEqual([list.show_id, list.algorithm], [showId, "HMAC-SHA256/96"]);
    assert.deepEqual(list.items.map(({ code, ticket_id, seat, tier, status }) => [code, ticket_id, seat, tier, status]), [
        [one.code, one.ticket_id, one.seat, "standard", "valid"],
        [two.code, two.ticket_id, two.seat, "standard", "used"],
    ]);
    assert.match(list.items[1].used_at, /^\d{4}-.*Z$/);
    const [later] = await buyTickets(showId, 1);
    for (const { code } of [one, two, later]) assert.ok(verifies(code, showId, list.key));
    const [other] = await buyTickets(makeShow(smallHall), 1);
    for (const code of [other.code, other.code.replace(/\.\d+\./, `.${showId}.`), forged(one.code), "BX1"]) assert.ok(!verifies(code, showId, list.key), code);
    await refused(404, "not_found", {}, "GET", "/api/v1/admin/shows/999999999/codes", { token });
    assert.deepEqual((await get(`/api/v1/admin/shows/${makeShow(smallHall)}/codes`, { token })).items, []);
});

test("an upload of what was scanned offline has a verdict a scan, and the same upload again changes nothing and answers the same", async () => {
    const showId = makeShow(smallHall);
    const [one, two, three] = await buyTickets(showId, 3);
    const [other] = await buyTickets(makeShow(smallHall), 1);
    await admit({ code: two.code });
    const scans = [
        { code: one.code, scanned_at: ago(300) },
        { code: one.code, scanned_at: ago(600) },
        { code: two.code, scanned_at: new Date().toISOString() },
        { code: three.code, scanned_at: ago(60) },
        { code: other.code, scanned_at: ago(60) },
        { code: "BX1.forged", scanned_at: ago(60) },
    ];
    const first = await upload(showId, "East", scans);
    assert.deepEqual(first.scans.map(({ status }) => status), ["already_used", "admitted", "already_used", "admitted", "wrong_show", "bad_code"]);
    assert.deepEqual(first.scans.map(({ code }) => code), scans.map(({ code }) => code));
    assert.deepEqual([first.scans[0].gate, first.scans[0].used_at], ["East", `${scans[1].scanned_at.slice(0, 19)}Z`]);
    assert.equal(first.scans[2].gate, "North");
    assert.equal(first.scans[4].show_id, Number(other.ticket_id.split("_")[1]));
    const before = outcomes(showId);
    assert.deepEqual(await upload(showId, "East", scans), first);
    assert.deepEqual(outcomes(showId), before);
    isProblem(await checkIn({ code: one.code }), 409, "already_used", { used_at: first.scans[0].used_at, gate: "East" });
    const { scans: [earlier] } = await upload(showId, "West", [{ code: one.code, scanned_at: ago(900) }]);
    assert.deepEqual([earlier.status, earlier.gate], ["admitted", "West"]);
    isProblem(await checkIn({ code: one.code }), 409, "already_used", { gate: "West" });
    assert.deepEqual(
        await get(`/api/v1/admin/shows/${showId}/admissions`, { token }),
        { show_id: showId, sold: 3, admitted: 3, gates: [{ gate: "East", admitted: 1 }, { gate: "North", admitted: 1 }, { gate: "West", admitted: 1 }] },
    );
});

test("a fault in one scan is named with its place, and nothing of the upload is recorded", async () => {
    const showId = makeShow(smallHall);
    const [{ code }] = await buyTickets(showId, 1);
    const good = { code, scanned_at: ago(60) };
    const path = `/api/v1/admin/shows/${showId}/scans`;
    for (const [scans, field] of [
        [[good, { code, scanned_at: ago(-3600) }], "scans[1].scanned_at"],
        [[good, { code, scanned_at: ago(31 * 86400) }], "scans[1].scanned_at"],
        [[good, { code, scanned_at: "yesterday" }], "scans[1].scanned_at"],
        [[good, { code, scanned_at: "2026-02-30T10:00:00Z" }], "scans[1].scanned_at"],
        [[good, { code }], "scans[1].scanned_at"],
        [[good, { code: 5, scanned_at: ago(60) }], "scans[1].code"],
        [[good, "BX1"], "scans[1]"],
        [{ good }, "scans"],
        [Array(5001).fill({ code: "x", scanned_at: ago(60) }), "scans"],
    ]) {
        await refused(400, "invalid_request", { field }, "POST", path, { token, json: { gate: "East", scans } });
    }
    await refused(400, "invalid_request", { field: "gate" }, "POST", path, { token, json: { gate: "", scans: [good] } });
    await refused(404, "not_found", {}, "POST", "/api/v1/admin/shows/999999999/scans", { token, json: { gate: "East", scans: [] } });
    assert.deepEqual(outcomes(showId), []);
});

test("a list of 2,000 codes and an upload of them all are answered whole", async () => {
    const showId = makeShow({ places: 2000, prices: { standard: 0 } });
    sql(`
        with buyers as (
            insert into account.users (email, name, password_hash)
            select gen_random_uuid() || '@test.example', 'Tess Tester', ${"'$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('A', 43)"}
            from generate_series(1, 200)
            returning user_id
        )
        select count(h.body) from buyers as b cross join lateral sales.hold_seats(${showId}, b.user_id, null, 10) as h;
        select count(sales.begin_payment(b.show_id, b.booking_id, b.user_id)) from sales.bookings as b where b.show_id = ${showId};`);
    const { items } = await get(`/api/v1/admin/shows/${showId}/codes`, { token });
    assert.equal(new Set(items.map(({ code }) => code)).size, 2000);
    const { scans } = await upload(showId, "East", items.map(({ code }, n) => ({ code, scanned_at: ago(n) })));
    assert.ok(scans.every(({ status }) => status === "admitted"));
    assert.equal((await get(`/api/v1/admin/shows/${showId}/admissions`, { token })).admitted, 2000);
});

test("a seat that was given back, sold again and entered by both is reported, though the door had no network", async () => {
    const showId = makeShow({ places: 1 });
    const first = makeBuyer();
    const [one] = await buyTickets(showId, 1, first);
    const { items: [{ booking_id }] } = await get("/api/v1/bookings", { token: first });
    await expect(202, "POST", `/api/v1/bookings/${booking_id}/refund`, { token: first, json: {} });
    const [two] = await buyTickets(showId, 1);
    await admit({ code: two.code });
    const json = { gate: "Offline", scans: [{ code: one.code, scanned_at: new Date(Date.now() - 1000).toISOString().replace(/\.\d+/, "") }] };
    const { body } = await expect(200, "POST", `/api/v1/admin/shows/${showId}/scans`, { token, json });
    assert.deepEqual([body.scans[0].status, body.scans[0].may_be_inside], ["void_ticket", true]);
    assert.equal(sql(`select seat, ticket_count, gates from report.seats_entered_twice where show_id = ${showId}`), "GA-1|2|{North,Offline}");
});

endInPeace();

// Every error that the contract and the registry name, provoked from outside: its status, its code, its members.
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually, expect, get, isProblem, refused as isRefused, send } from "../support/client.mjs";
import { freePort, withGateway } from "../support/gateway.mjs";
import { hold, letLapse, makeBuyer, makeBuyers, makeShow, smallHall, tokenHash } from "../support/house.mjs";
import { endsInPeace, gateway, server, sql, whileLocked } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const proved = new Set();

function refused(status, code, ...rest) {
    proved.add(code);
    return isRefused(status, code, ...rest);
}

const holds = (showId) => `/api/v1/shows/${showId}/holds`;

test("400 invalid_request names the field that is unknown, missing, of the wrong type or out of range", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const cases = [
        ["GET", "/api/v1/cities?colour=red", {}, "colour"],
        ["GET", "/api/v1/cities?page=0", {}, "page"],
        ["GET", "/api/v1/cities?per_page=31", {}, "per_page"],
        ["GET", "/api/v1/cities?page=one", {}, "page"],
        ["GET", "/api/v1/cities?page=1&page=2", {}, "page"],
        ["GET", "/api/v1/events?kind=opera", {}, "kind"],
        ["GET", "/api/v1/events?date=tomorrow", {}, "date"],
        ["GET", "/api/v1/events?city_id=London", {}, "city_id"],
        ["GET", "/api/v1/venues?latitude=51.5", {}, "longitude"],
        ["GET", "/api/v1/venues?longitude=0.1", {}, "latitude"],
        ["GET", "/api/v1/venues?latitude=91&longitude=0", {}, "latitude"],
        ["GET", "/api/v1/venues?latitude=0&longitude=181", {}, "longitude"],
        ["GET", "/api/v1/venues?radius_km=5", {}, "radius_km"],
        ["GET", "/api/v1/search?sort=price", {}, "sort"],
        ["GET", "/api/v1/search?sort=distance", {}, "sort"],
        ["GET", "/api/v1/search?lat_long=here", {}, "lat_long"],
        ["GET", "/api/v1/search?start_datetime=soon", {}, "start_datetime"],
        ["GET", "/api/v1/search?start_datetime=2030-01-02T00:00:00Z&end_datetime=2030-01-01T00:00:00Z", {}, "end_datetime"],
        ["GET", "/api/v1/search?start_datetime=2030-01-02", {}, "start_datetime"],
        ["GET", "/api/v1/search?end_datetime=2030-01-01T00:00:00", {}, "end_datetime"],
        ["GET", "/api/v1/search?date=2030-01-01T00:00:00Z", {}, "date"],
        ["GET", "/api/v1/search?postal_code=%21", {}, "postal_code"],
        ["GET", `/api/v1/search?q=${"a".repeat(201)}`, {}, "q"],
        ["GET", "/api/v1/shows/first", {}, "show_id"],
        ["POST", holds(showId), { token, json: {} }, "seats"],
        ["POST", holds(showId), { token, json: { seats: ["A-1"], quantity: 1 } }, "quantity"],
        ["POST", holds(showId), { token, json: { seats: [] } }, "seats"],
        ["POST", holds(showId), { token, json: { seats: ["A-1", "A-1"] } }, "seats"],
        ["POST", holds(showId), { token, json: { seats: "A-1" } }, "seats"],
        ["POST", holds(showId), { token, json: { seats: [1] } }, "seats"],
        ["POST", holds(showId), { token, json: { seats: [null] } }, "seats"],
        ["POST", holds(showId), { token, json: { quantity: 0 } }, "quantity"],
        ["POST", holds(showId), { token, json: { quantity: -1 } }, "quantity"],
        ["POST", holds(showId), { token, json: { quantity: "2" } }, "quantity"],
        ["POST", holds(showId), { token, json: { quantity: 1, tier: "royal" } }, "tier"],
        ["POST", holds(showId), { token, json: { quantity: 1, colour: "red" } }, "colour"],
        ["POST", "/api/v1/signup", { json: { email: "nobody", password: "correct horse", name: "N" } }, "email"],
        ["POST", "/api/v1/signup", { json: { email: `${"a".repeat(250)}@b.cd`, password: "correct horse", name: "N" } }, "email"],
        ["POST", "/api/v1/signup", { json: { email: "n@test.example", password: "short", name: "N" } }, "password"],
        ["POST", "/api/v1/signup", { json: { email: "n@test.example", password: "correct horse" } }, "name"],
        ["POST", "/api/v1/signup", { json: { email: "n@test.example", password: "correct horse", name: "" } }, "name"],
        ["POST", "/api/v1/signup", { json: { email: "n@test.example", password: "correct horse", name: "N", language: "fr" } }, "language"],
        ["POST", "/api/v1/login", { json: { email: "alice@example.com" } }, "password"],
        ["POST", "/api/v1/login", { json: { password: "correct horse" } }, "email"],
        ["PATCH", "/api/v1/me", { token, json: { preferred_language: "tlh" } }, "preferred_language"],
    ];
    for (const [method, path, options, field] of cases) {
        await refused(400, "invalid_request", { field }, method, path, options);
    }
    const held = await hold(showId, token, { seats: ["A-1"] });
    const payments = `/api/v1/bookings/${held.booking_id}/payments`;
    await refused(400, "invalid_request", { field: "payment_method" }, "POST", payments, { token, json: {} });
    for (const payment_method of ["4242 4242 4242 4242", "4242424242424242", "card_", "pm-card", "tok visa", "cus_1", `pm_${"x".repeat(251)}`]) {
        await refused(400, "invalid_request", { field: "payment_method" }, "POST", payments, { token, json: { payment_method } });
    }
    for (const return_url of ["javascript:alert(1)", "https://other.example/", `${gateway}.other.example/`, "//other.example/", "/\\other.example", `${gateway}@other.example/`, "bookings", " "]) {
        await refused(400, "invalid_request", { field: "return_url" }, "POST", payments, { token, json: { return_url } });
    }
    for (const key of ["k".repeat(256), "né"]) {
        await refused(400, "invalid_request", { field: "Idempotency-Key" }, "POST", payments, {
            token, json: { payment_method: "pm_card_visa" }, headers: { "Idempotency-Key": key },
        });
    }
    assert.equal((await get(`/api/v1/bookings/${held.booking_id}`, { token })).payment, null);
});

test("401 not_signed_in: without a credential, with a wrong, an ended or an expired one", async () => {
    const showId = makeShow(smallHall);
    const expired = makeBuyer();
    sql(`
        update account.sessions set created_at = now() - interval '2 days', expires_at = now() - interval '1 second'
        where token_hash = '\\x${tokenHash(expired)}'`);
    const requests = [
        ["GET", "/api/v1/me"],
        ["PATCH", "/api/v1/me", { json: { name: "Nobody" } }],
        ["POST", "/api/v1/logout"],
        ["GET", "/api/v1/bookings"],
        ["GET", `/api/v1/bookings/bk_${showId}_${"0".repeat(32)}`],
        ["POST", holds(showId), { json: { seats: ["A-1"] } }],
    ];
    for (const [method, path, options] of requests) {
        for (const token of [undefined, "wrong", expired]) {
            const answer = await refused(401, "not_signed_in", {}, method, path, { ...options, token });
            assert.ok(answer.headers["www-authenticate"]);
        }
    }
    for (const headers of [{ "Api-Key": "wrong" }, { Authorization: "Basic YWxpY2U6" }, { Authorization: "Bearer" }, { Cookie: "boxoffice_session=wrong" }]) {
        await refused(401, "not_signed_in", {}, "GET", "/api/v1/me", { headers });
    }
    assert.equal((await get(`/api/v1/shows/${showId}`)).seats_available, 24);
});

test("401 wrong_credentials: the same for a wrong password and an unknown address", async () => {
    const answers = [];
    for (const email of ["alice@example.com", `${randomUUID()}@example.com`]) {
        answers.push(await refused(401, "wrong_credentials", {}, "POST", "/api/v1/login", { json: { email, password: "not the password" } }));
    }
    assert.equal(answers[0].text, answers[1].text);
});

test("403 forbidden: what another site sends with a browser's cookie", async () => {
    const showId = makeShow(smallHall);
    const cookies = new Map([["boxoffice_session", makeBuyer()]]);
    for (const headers of [{ Origin: "http://evil.example" }, { "Sec-Fetch-Site": "cross-site" }, { Origin: "null" }]) {
        await refused(403, "forbidden", {}, "POST", holds(showId), { cookies, headers, json: { seats: ["A-1"] } });
    }
    assert.equal((await get(`/api/v1/shows/${showId}`)).seats_available, 24);
});

test("404 not_found: paths, shows, events, bookings and tickets that are not there", async () => {
    const token = makeBuyer();
    const draft = makeShow({ ...smallHall, status: "draft" });
    const paths = [
        "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/cities", "/api/v1/cities//", "/api/v1//cities",
        "/api/v1/events/999999999", "/api/v1/events/999999999/shows", "/api/v1/venues/999999999",
        "/api/v1/shows/999999999", "/api/v1/shows/999999999/seats", "/api/v1/shows/999999999/layout", "/api/v1/shows/0",
        `/api/v1/shows/${draft}`, `/api/v1/shows/${draft}/seats`, `/api/v1/shows/${draft}/layout`,
        "/api/v1/bookings/1", `/api/v1/bookings/bk_1_${"0".repeat(32)}`, `/api/v1/bookings/tk_1_${"0".repeat(32)}`,
        `/api/v1/bookings/bk_${"9".repeat(40)}_${"0".repeat(32)}`, `/api/v1/tickets/tk_1_${"0".repeat(32)}/qr.svg`,
    ];
    for (const path of paths) await refused(404, "not_found", {}, "GET", path, { token });
    for (const id of [draft, 999999999, -1]) {
        await refused(404, "not_found", {}, "POST", holds(id), { token, json: { quantity: 1 } });
    }
    await refused(404, "not_found", {}, "DELETE", `/api/v1/bookings/bk_1_${"0".repeat(32)}`, { token });
});

test("405 method_not_allowed says in Allow which methods there are", async () => {
    for (const base of [gateway, server]) {
        const answer = await refused(405, "method_not_allowed", {}, "DELETE", "/api/v1/cities", { base });
        assert.equal(answer.headers.allow, "GET, HEAD, OPTIONS");
        const me = await refused(405, "method_not_allowed", {}, "POST", "/api/v1/me", { base, json: {} });
        assert.equal(me.headers.allow, "GET, HEAD, OPTIONS, PATCH");
    }
    await refused(405, "method_not_allowed", {}, "GET", "/api/v1/login");
    await refused(405, "method_not_allowed", {}, "POST", "/healthz", { base: server, json: {} });
    await refused(405, "method_not_allowed", {}, "BREW", "/api/v1/cities", { base: server });
});

test("413 too_large: a body over a megabyte, through the gateway and without it", async () => {
    const body = JSON.stringify({ email: "a".repeat(1_100_000) });
    for (const base of [gateway, server]) {
        await refused(413, "too_large", {}, "POST", "/api/v1/login", { base, body, headers: { "Content-Type": "application/json" } });
    }
});

test("415 unsupported_media_type: a body that is no JSON by its type, or not UTF-8", async () => {
    const json = { email: "alice@example.com", password: "boxoffice-demo" };
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/xml", "json"]) {
        await refused(415, "unsupported_media_type", {}, "POST", "/api/v1/login", { json, headers: { "Content-Type": type } });
    }
    await expect(200, "POST", "/api/v1/login", { json, headers: { "Content-Type": "Application/JSON; Charset=UTF-8" } });
});

test("409 seats_taken names the very seats that are gone, and those that are one's own", async () => {
    const showId = makeShow(smallHall);
    const [one, two] = makeBuyers(2);
    await hold(showId, one, { seats: ["A-1", "A-2"] });
    await refused(409, "seats_taken", { taken: ["A-2"] }, "POST", holds(showId), { token: two, json: { seats: ["A-2", "A-3"] } });
    await refused(409, "seats_taken", { taken: ["A-1", "A-2"], yours: ["A-1", "A-2"] }, "POST", holds(showId), {
        token: one, json: { seats: ["A-1", "A-2"] },
    });
    assert.equal((await get(`/api/v1/shows/${showId}/seats`)).available, 22);
});

test("409 sold_out, 409 not_together and 422 too_many_seats say what there is", async () => {
    const showId = makeShow({ places: 2 });
    const [one, two] = makeBuyers(2);
    await hold(showId, one, { quantity: 2 });
    await refused(409, "sold_out", { waitlist_open: true }, "POST", holds(showId), { token: two, json: { quantity: 1 } });
    const seated = makeShow(smallHall);
    await refused(409, "not_together", {}, "POST", holds(seated), { token: two, json: { quantity: 6 } });
    await refused(422, "too_many_seats", { max_seats: 10 }, "POST", holds(seated), { token: two, json: { quantity: 11 } });
    const names = [..."ABC"].flatMap((row) => [1, 2, 3, 4].map((number) => `${row}-${number}`));
    await refused(422, "too_many_seats", { max_seats: 10 }, "POST", holds(seated), { token: two, json: { seats: names } });
    await hold(seated, two, { seats: names.slice(0, 8) });
    await refused(422, "too_many_seats", { max_seats: 10 }, "POST", holds(seated), { token: two, json: { seats: ["C-6", "C-7", "C-8"] } });
    const narrow = makeShow({ ...smallHall, max_seats: 2 });
    await refused(422, "too_many_seats", { max_seats: 2 }, "POST", holds(narrow), { token: two, json: { quantity: 3 } });
});

test("422 unknown_seat names the seats that the show does not have", async () => {
    const showId = makeShow(smallHall);
    await refused(422, "unknown_seat", { seats: ["Z-9", "A-99"] }, "POST", holds(showId), { token: makeBuyer(), json: { seats: ["A-1", "Z-9", "A-99"] } });
    assert.equal((await get(`/api/v1/shows/${showId}/seats`)).available, 24);
});

test("422 not_on_sale says when the sale starts; also when it is over, closed or cancelled", async () => {
    const token = makeBuyer();
    const early = makeShow({ ...smallHall, sale_starts_at: new Date(Date.now() + 86_400_000).toISOString() });
    const answer = await refused(422, "not_on_sale", {}, "POST", holds(early), { token, json: { quantity: 1 } });
    assert.equal(answer.body.sale_starts_at, (await get(`/api/v1/shows/${early}`)).sale_starts_at);
    for (const over of [{ status: "closed" }, { status: "cancelled", cancelled_at: new Date().toISOString() }]) {
        await refused(422, "not_on_sale", {}, "POST", holds(makeShow({ ...smallHall, ...over })), { token, json: { quantity: 1 } });
    }
    const started = makeShow({ ...smallHall, starts_at: new Date(Date.now() - 1000).toISOString() });
    await refused(422, "not_on_sale", {}, "POST", holds(started), { token, json: { quantity: 1 } });
});

test("422 idempotency_key_reused: the same key for other seats", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const headers = { "Idempotency-Key": randomUUID() };
    await hold(showId, token, { seats: ["A-1"] }, headers);
    await refused(422, "idempotency_key_reused", {}, "POST", holds(showId), { token, headers, json: { seats: ["A-2"] } });
    await refused(422, "idempotency_key_reused", {}, "POST", holds(showId), { token, headers, json: { quantity: 2 } });
});

test("409 not_held, 409 hold_expired and 409 already_paid say where the booking stands", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const card = { token, json: { payment_method: "pm_card_visa" } };
    const paid = await hold(showId, token, { seats: ["A-1"] });
    const path = `/api/v1/bookings/${paid.booking_id}`;
    await expect(202, "POST", `${path}/payments`, card);
    await refused(409, "already_paid", { booking_status: "paying" }, "POST", `${path}/payments`, card);
    await eventually(() => get(path, { token }), ({ status }) => status === "paid");
    await refused(409, "already_paid", { booking_status: "paid" }, "POST", `${path}/payments`, card);
    await refused(409, "not_held", { booking_status: "paid" }, "DELETE", path, { token });
    const lapsed = await hold(showId, token, { seats: ["A-2"] });
    letLapse(showId);
    await refused(409, "hold_expired", {}, "POST", `/api/v1/bookings/${lapsed.booking_id}/payments`, card);
});

test("409 email_taken, in whatever letters", async () => {
    const email = `${randomUUID()}@test.example`;
    const json = { email, password: "correct horse", name: "First" };
    await expect(201, "POST", "/api/v1/signup", { json });
    await refused(409, "email_taken", {}, "POST", "/api/v1/signup", { json });
    await refused(409, "email_taken", {}, "POST", "/api/v1/signup", { json: { ...json, email: email.toUpperCase() } });
});

test("400 bad_signature: an event of the provider that it has not signed", async () => {
    const body = JSON.stringify({ id: "evt_1", type: "payment_intent.succeeded", data: { object: {} } });
    const t = Math.floor(Date.now() / 1000);
    const v1 = createHmac("sha256", "whsec_of_somebody_else").update(`${t}.${body}`).digest("hex");
    for (const headers of [{}, { "Stripe-Signature": `t=${t},v1=${v1}` }]) {
        await refused(400, "bad_signature", {}, "POST", "/api/v1/webhooks/stripe", {
            body, headers: { "Content-Type": "application/json", ...headers },
        });
    }
});

test("503 busy with Retry-After: the seat is locked by a transaction that may yet fail", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    await whileLocked(`select from sales.show_seats where show_id = ${showId} and seat = 'A-1' for update`, async () => {
        const answer = await refused(503, "busy", {}, "POST", holds(showId), { token, json: { seats: ["A-1"] } });
        assert.match(answer.headers["retry-after"], /^[1-9]\d*$/);
        await hold(showId, token, { seats: ["A-2"] });
    });
    await hold(showId, token, { seats: ["A-1"] });
});

test("504 timeout: the database does not come to an end", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    const path = `/api/v1/bookings/${held.booking_id}`;
    await whileLocked(`select from sales.bookings where show_id = ${showId} for update`, async () => {
        await refused(504, "timeout", {}, "DELETE", path, { token });
    });
    assert.equal((await get(path, { token })).status, "held");
    await expect(204, "DELETE", path, { token });
});

// The instance's own gateway lets this machine ask as often as it likes.
test("429 rate_limited with Retry-After: an address that asks too often", async () => {
    await withGateway({ BOXOFFICE_RATE_LIMIT: "5", BOXOFFICE_RATE_EXEMPT: "" }, async (base) => {
        const answers = await Promise.all(Array.from({ length: 40 }, () => send("GET", "/api/v1/cities", { base })));
        const limited = answers.filter(({ status }) => status === 429);
        assert.ok(limited.length > 0 && limited.length < 40, `${limited.length} of 40`);
        for (const answer of limited) {
            isProblem(answer, 429, "rate_limited");
            assert.match(answer.headers["retry-after"], /^[1-9]\d*$/);
        }
        proved.add("rate_limited");
        const page = (await Promise.all(Array.from({ length: 40 }, () => send("GET", "/", { base })))).find(({ status }) => status === 429);
        assert.match(page.headers["content-type"], /^text\/html/);
    });
});

test("503 busy while the server is down: a problem for programs, /readyz and /healthz among them, a page for people", async () => {
    await withGateway({ BOXOFFICE_SERVER_LISTEN: `127.0.0.1:${await freePort()}` }, async (base) => {
        for (const path of ["/readyz", "/healthz", "/healthz?x=1", "/openapi.json", "/api/v1/cities"]) {
            const answer = await refused(503, "busy", {}, "GET", path, { base });
            assert.match(answer.headers["retry-after"], /^[1-9]\d*$/);
        }
        const page = await expect(503, "GET", "/", { base });
        assert.match(page.headers["content-type"], /^text\/html/);
    });
});

test("every code of the registry is provoked above, but for those that no request can provoke", () => {
    const elsewhere = {
        outcome_unknown: "the fault suite",
        not_ready: "unit",
        internal_error: "unit",
        not_implemented: "malformed requests",
        too_late: "refunds",
        not_paid: "refunds",
        nothing_to_settle: "provider truth",
        disputed: "payments",
        not_verified: "accounts",
        seats_available: "the waitlist",
        cannot_be_met: "the waitlist",
        already_waiting: "the waitlist",
        waitlist_closed: "the waitlist",
        no_payment_method: "the waitlist",
        not_waiting: "the waitlist",
        link_expired: "mail",
        in_use: "staff",
        already_exists: "staff",
        hall_taken: "staff",
        already_used: "check-in",
        void_ticket: "check-in",
        wrong_show: "check-in",
        bad_code: "check-in",
        show_cancelled: "check-in",
        not_used: "check-in",
    };
    const codes = sql("select code from api.error where sqlstate like 'BX%' order by code").split("\n");
    assert.deepEqual(codes.filter((code) => !proved.has(code) && !(code in elsewhere)), []);
});

endInPeace();

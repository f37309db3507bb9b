// What staff makes, changes and deletes over the API, and what it may not.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { eventually, expect, get, refused, send } from "../support/client.mjs";
import { hold, makeBuyer, makeBuyers, makeShow, smallHall, tokenHash } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const customer = makeBuyer();
const staff = makeBuyer();
sql(`
    update account.users as u set role = 'staff' from account.sessions as s
    where s.user_id = u.user_id and s.token_hash = '\\x${tokenHash(staff)}'`);

const admin = "/api/v1/admin";
const unique = () => randomBytes(6).toString("hex");
const make = (what, json) => expect(201, "POST", `${admin}/${what}`, { token: staff, json }).then(({ body }) => body);
const change = (path, json) => expect(200, "PATCH", `${admin}/${path}`, { token: staff, json }).then(({ body }) => body);
const read = (path) => get(`${admin}/${path}`, { token: staff });
const remove = (path) => expect(204, "DELETE", `${admin}/${path}`, { token: staff });
const asStaff = (json) => ({ token: staff, json });

async function pay(booking, token) {
    await expect(202, "POST", `/api/v1/bookings/${booking.booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    return eventually(() => get(`/api/v1/bookings/${booking.booking_id}`, { token }), ({ status }) => status === "paid");
}

// A city with a venue with a hall of three seats, and an event; the ids of all.
async function makeHouse() {
    const { city_id } = await make("cities", { name: `Staffton ${unique()}`, country: "BV", timezone: "Europe/Oslo", latitude: -54.4, longitude: 3.3 });
    const { venue_id } = await make("venues", { city_id, name: "Palace", address: "1 Way", latitude: -54.4, longitude: 3.3 });
    const { hall_id } = await make("halls", { venue_id, name: "Hall", rows: [{ row: "A", seats: 3 }] });
    const { event_id } = await make("events", { kind: "film", title: `Film ${unique()}`, duration_minutes: 90 });
    return { city_id, venue_id, hall_id, event_id };
}

test("what staff may do is refused to customers, and to those who are not signed in", async () => {
    const routes = sql(`select method || ' ' || path from api.route where path like '${admin}/%'`).split("\n");
    assert.ok(routes.length >= 26, `${routes}`);
    for (const route of routes) {
        const [method, pattern] = route.split(" ");
        const path = pattern.replace(/\{\w+\}/g, "1");
        const body = ["GET", "DELETE"].includes(method) ? {} : { json: requiredOf(route) };
        await refused(403, "forbidden", {}, method, path, { token: customer, ...body });
        await refused(401, "not_signed_in", {}, method, path, body);
    }
});

// Something for each argument of a route's function that has no default, since what is missing is found first.
function requiredOf(route) {
    const [method, path] = route.split(" ");
    const rows = sql(`
        select a ->> 'name' || '|' || (a ->> 'type')
        from api.route as r
        cross join jsonb_array_elements(api.describe_function(r.function) -> 'arguments') as a
        where r.method = '${method}' and r.path = '${path}' and a ->> 'default' is null and a ->> 'name' <> 'p_actor'
            and r.path not like '%{' || substr(a ->> 'name', 3) || '}%'`);
    const value = { bigint: 1, integer: 1, "double precision": 1, "timestamp with time zone": "2030-01-01T00:00:00Z", date: "2030-01-01", jsonb: [], boolean: true, "bigint[]": [1], "text[]": ["x"] };
    return Object.fromEntries(rows.split("\n").filter(Boolean).map((row) => row.split("|")).map(([name, type]) => [name.slice(2), value[type] ?? "x"]));
}

test("each thing is made, listed, read, changed and deleted, and deleted from within outwards only", async () => {
    const { city_id, venue_id, hall_id, event_id } = await makeHouse();
    const starts_at = "2031-05-05T18:00:00Z";
    const { show_id } = await make("shows", { event_id, hall_id, starts_at, prices: { standard: 900 }, currency: "NOK", status: "draft" });

    for (const [list, id, member] of [
        [`venues?city_id=${city_id}`, venue_id, "venue_id"], [`halls?venue_id=${venue_id}`, hall_id, "hall_id"],
        [`shows?event_id=${event_id}&status=draft`, show_id, "show_id"], [`shows?hall_id=${hall_id}`, show_id, "show_id"],
    ]) {
        const { items, total, page, per_page } = await read(list);
        assert.deepEqual([items.map((item) => item[member]), total, page, per_page], [[id], 1, 1, 30], list);
    }
    for (const list of ["cities", "events?kind=film"]) assert.ok((await read(list)).total > 0, list);

    assert.equal((await change(`cities/${city_id}`, { name: "Nova" })).name, "Nova");
    assert.equal((await change(`venues/${venue_id}`, { address: "2 Way" })).address, "2 Way");
    assert.equal((await change(`halls/${hall_id}`, { name: "Great Hall" })).name, "Great Hall");
    assert.equal((await change(`events/${event_id}`, { title_zh: "影片", genres: ["drama"] })).title_zh, "影片");
    assert.equal((await change(`shows/${show_id}`, { status: "on_sale", max_seats: 2 })).max_seats, 2);
    assert.equal((await read(`cities/${city_id}`)).name, "Nova");
    assert.equal((await get(`/api/v1/shows/${show_id}`)).status, "on_sale");

    await refused(409, "in_use", { used_by: "venues", count: 1 }, "DELETE", `${admin}/cities/${city_id}`, { token: staff });
    await refused(409, "in_use", { used_by: "halls", count: 1 }, "DELETE", `${admin}/venues/${venue_id}`, { token: staff });
    await refused(409, "in_use", { used_by: "shows", count: 1 }, "DELETE", `${admin}/halls/${hall_id}`, { token: staff });
    await refused(409, "in_use", { used_by: "shows", count: 1 }, "DELETE", `${admin}/events/${event_id}`, { token: staff });
    await refused(409, "in_use", { used_by: "shows", count: 1 }, "PATCH", `${admin}/halls/${hall_id}`, asStaff({ places: 10 }));
    for (const path of [`shows/${show_id}`, `events/${event_id}`, `halls/${hall_id}`, `venues/${venue_id}`, `cities/${city_id}`]) {
        await remove(path);
        await refused(404, "not_found", {}, "GET", `${admin}/${path}`, { token: staff });
        await refused(404, "not_found", {}, "DELETE", `${admin}/${path}`, { token: staff });
    }
});

test("a change names the field that is wrong, and what is not there is not found", async () => {
    const { city_id, venue_id, hall_id, event_id } = await makeHouse();
    const other = await makeHouse();
    await make("halls", { venue_id, name: "Taken", places: 5 });
    const { slug } = await read(`cities/${other.city_id}`);
    for (const [path, json, field] of [
        [`cities/${city_id}`, { timezone: "Moon/Sea" }, "timezone"], [`venues/${venue_id}`, { kind: "barn" }, "kind"],
        [`halls/${hall_id}`, { rows: [] }, "rows"], [`events/${event_id}`, { duration_minutes: 0 }, "duration_minutes"],
        [`cities/${city_id}`, { colour: "red" }, "colour"],
    ]) await refused(400, "invalid_request", { field }, "PATCH", `${admin}/${path}`, asStaff(json));
    await refused(409, "already_exists", { field: "slug" }, "PATCH", `${admin}/cities/${city_id}`, asStaff({ slug }));
    await refused(409, "already_exists", { field: "name" }, "PATCH", `${admin}/halls/${hall_id}`, asStaff({ name: "Taken" }));
    for (const what of ["cities", "venues", "halls", "events", "shows"]) {
        await refused(404, "not_found", {}, "PATCH", `${admin}/${what}/999999999`, asStaff({}));
    }
});

test("a show that is moved tells those who have paid, once each, and their calendar", async () => {
    const [buyer, holder] = makeBuyers(2);
    const showId = makeShow(smallHall);
    const bookings = [await pay(await hold(showId, buyer, { seats: ["A-1"] }), buyer), await pay(await hold(showId, buyer, { seats: ["A-2"] }), buyer)];
    await hold(showId, holder, { seats: ["B-1"] });
    const { starts_at: before } = await get(`/api/v1/shows/${showId}`);
    const starts_at = new Date(Date.parse(before) + 7_200_000).toISOString().replace(".000", "");

    assert.equal((await change(`shows/${showId}`, { starts_at })).starts_at, starts_at);
    assert.equal((await get(`/api/v1/bookings/${bookings[0].booking_id}`, { token: buyer })).show.starts_at, starts_at);
    const promised = sql(`
        select payload ->> 'mail', payload ->> 'starts_at_before', u.email = '${buyer}@test.example'
        from ops.outbox as o inner join account.users as u on u.user_id = (payload ->> 'user_id')::bigint
        where o.show_id = ${showId} and o.kind = 'mail' and payload ->> 'mail' = 'show_moved'`);
    assert.equal(promised, `show_moved|${before}|t`);
    const { text } = await expect(200, "GET", `/api/v1/bookings/${bookings[0].booking_id}/tickets.ics`, { token: buyer });
    assert.match(text, /\r\nSEQUENCE:1\r\n/);
    assert.ok(text.includes(`\r\nDTSTART:${starts_at.replace(/[-:]/g, "")}\r\n`), text);
});

test("a hall plays one show at a time, and of those who plan at the same moment one is first", async () => {
    const { hall_id, event_id } = await makeHouse();
    const show = (starts_at) => ({ event_id, hall_id, starts_at, prices: { standard: 900 }, currency: "NOK" });
    const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) => send("POST", `${admin}/shows`, asStaff(show(`2031-05-05T18:0${n}:00+02:00`)))));
    const made = answers.filter(({ status }) => status === 201);
    assert.equal(made.length, 1, JSON.stringify(answers.map(({ body }) => body)));
    const { show_id } = made[0].body;
    for (const { body } of answers.filter(({ status }) => status !== 201)) assert.deepEqual([body.status, body.code, body.show_id], [409, "hall_taken", show_id]);

    const late = await make("shows", show("2031-05-05T20:00:00Z"));
    await refused(409, "hall_taken", { show_id }, "PATCH", `${admin}/shows/${late.show_id}`, asStaff({ starts_at: "2031-05-05T17:00:00Z" }));
    assert.equal((await get(`/api/v1/shows/${late.show_id}`)).starts_at, "2031-05-05T20:00:00Z", "it is where it was");
    sql(`update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = ${show_id}`);
    await change(`shows/${late.show_id}`, { starts_at: "2031-05-05T17:00:00Z" });
});

test("a show has a time that is one everywhere and is to come, and money that can be charged", async () => {
    const { hall_id, event_id } = await makeHouse();
    const show = (more) => ({ event_id, hall_id, starts_at: "2031-05-05T18:00:00Z", prices: { standard: 900 }, currency: "NOK", ...more });
    for (const [more, field] of [
        [{ starts_at: "2031-05-05T18:00:00" }, "starts_at"], [{ starts_at: "2031-05-05" }, "starts_at"], [{ starts_at: "2020-05-05T18:00:00Z" }, "starts_at"],
        [{ starts_at: new Date(Date.now() - 1000).toISOString() }, "starts_at"], [{ sale_starts_at: "2031-05-01 18:00" }, "sale_starts_at"],
        [{ currency: "ZZZ" }, "currency"], [{ currency: "CLF" }, "currency"], [{ prices: { standard: 299 } }, "prices"], [{ prices: { standard: 100_000_000 } }, "prices"],
        [{ prices: { standard: 5124 }, currency: "KWD" }, "prices"],
    ]) await refused(400, "invalid_request", { field }, "POST", `${admin}/shows`, asStaff(show(more)));
    const { show_id } = await make("shows", show({ prices: { standard: 5120 }, currency: "KWD" }));
    for (const starts_at of ["2031-05-05T19:00:00", "2020-05-05T18:00:00Z"]) {
        await refused(400, "invalid_request", { field: "starts_at" }, "PATCH", `${admin}/shows/${show_id}`, asStaff({ starts_at }));
    }
    await refused(400, "invalid_request", { field: "seats" }, "PATCH", `${admin}/shows/${show_id}/seats`, asStaff({ seats: [{ seat: "A-1", price: 5121 }] }));
});

test("a show is changed within its rules, and a cancelled one no more", async () => {
    const showId = makeShow(smallHall);
    const path = `${admin}/shows/${showId}`;
    for (const [json, field] of [
        [{ starts_at: "2099-01-01T00:00:00Z" }, "starts_at"], [{ sale_starts_at: "2031-01-01T00:00:00Z" }, "sale_starts_at"],
        [{ status: "cancelled" }, "status"], [{ waitlist_policy: "lottery" }, "waitlist_policy"], [{ refund_cutoff_seconds: -1 }, "refund_cutoff_seconds"],
    ]) await refused(400, "invalid_request", { field }, "PATCH", path, asStaff(json));
    const held = await hold(showId, customer, { seats: ["A-1"] });
    await refused(409, "in_use", { used_by: "bookings", count: 1 }, "PATCH", path, asStaff({ status: "draft" }));
    await refused(409, "in_use", { used_by: "bookings", count: 1 }, "DELETE", path, { token: staff });
    await expect(204, "DELETE", `/api/v1/bookings/${held.booking_id}`, { token: customer });
    assert.equal((await change(`shows/${showId}`, { status: "closed", waitlist_policy: "first_fit", refund_cutoff_seconds: 60 })).status, "closed");
    await refused(422, "not_on_sale", {}, "POST", `/api/v1/shows/${showId}/holds`, { token: customer, json: { quantity: 1 } });

    const cancelled = makeShow(smallHall);
    sql(`update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = ${cancelled}`);
    await refused(409, "too_late", {}, "PATCH", `${admin}/shows/${cancelled}`, asStaff({ status: "on_sale" }));
});

test("a seat's new price is what the next buyer pays, and a blocked seat is sold to nobody", async () => {
    const showId = makeShow(smallHall);
    const seats = (list) => send("PATCH", `${admin}/shows/${showId}/seats`, asStaff({ seats: list }));
    const state = async () => (await get(`/api/v1/shows/${showId}/seats`)).states;

    const answer = await seats([{ seat: "A-1", price: 500 }, { seat: "A-2", tier: "premium" }, { seat: "A-3", blocked: true }]);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([answer.body.show_id, answer.body.changed, answer.body.seats.map(({ status }) => status)], [showId, 3, ["available", "available", "blocked"]]);
    assert.equal((await state()).slice(0, 4), "aaba");
    assert.equal((await hold(showId, customer, { seats: ["A-1", "A-2"] })).amount.value, 500 + 1500);
    await refused(409, "seats_taken", { taken: ["A-3"] }, "POST", `/api/v1/shows/${showId}/holds`, { token: customer, json: { seats: ["A-3"] } });

    const path = `${admin}/shows/${showId}/seats`;
    await refused(409, "in_use", { used_by: "buyers", seats: ["A-1"] }, "PATCH", path, asStaff({ seats: [{ seat: "A-4", price: 1 }, { seat: "A-1", blocked: true }] }));
    await refused(422, "unknown_seat", { seats: ["Z-9"] }, "PATCH", path, asStaff({ seats: [{ seat: "A-4", price: 1 }, { seat: "Z-9", price: 1 }] }));
    await refused(400, "invalid_request", { field: "seats" }, "PATCH", path, asStaff({ seats: [{ seat: "A-4", price: -1 }] }));
    await refused(400, "invalid_request", { field: "seats" }, "PATCH", path, asStaff({}));
    await refused(404, "not_found", {}, "PATCH", `${admin}/shows/999999999/seats`, asStaff({ seats: [{ seat: "A-4", price: 1 }] }));
    assert.equal(sql(`select price_minor from sales.show_seats where show_id = ${showId} and seat = 'A-4'`), "1200");

    await seats([{ seat: "A-3", blocked: false }]);
    await hold(showId, customer, { seats: ["A-3"] });
});

test("a seat that is blocked no longer is for who waits", async () => {
    const [holder, waiting] = makeBuyers(2);
    const showId = makeShow({ rows: [{ row: "A", seats: 3 }] });
    const path = `shows/${showId}/seats`;
    await change(path, { seats: [{ seat: "A-3", blocked: true }] });
    await hold(showId, holder, { seats: ["A-1", "A-2"] });
    const { entry_id } = (await expect(201, "POST", `/api/v1/shows/${showId}/waitlist`, { token: waiting, json: { quantity: 1, mode: "offer" } })).body;
    await change(path, { seats: [{ seat: "A-3", blocked: false }] });
    const entry = await get(`/api/v1/waitlist/${entry_id}`, { token: waiting });
    assert.equal(entry.status, "offered");
});

endInPeace();

// A purchase from search to ticket, as a client of the API makes it, and the ways in which it can go otherwise.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually, expect, formsOf, get, isProblem, refused, send } from "../support/client.mjs";
import { hold, letLapse, makeBuyer, makeBuyers, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, sandbox, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const booking = (id, token) => get(`/api/v1/bookings/${id}`, { token });
const settled = (id, token) => eventually(() => booking(id, token), ({ status }) => status !== "paying");
const captured = (id, token) => eventually(() => booking(id, token), ({ payment }) => payment.status === "succeeded");
const pay = (id, token, wish, headers) =>
    expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token, json: wish, headers }).then((answer) => answer.body);
const states = (showId) => get(`/api/v1/shows/${showId}/seats`);

// Where each seat of the layout stands in `states`.
async function seatOrder(showId) {
    const { rows } = await get(`/api/v1/shows/${showId}/layout`);
    return rows.flatMap(({ seats }) => seats.map(({ seat }) => seat));
}

test("a person signs up, finds two seats in a city, holds them, pays, and has two tickets with QR codes", async () => {
    const email = `buyer-${randomUUID()}@test.example`;
    const user = (await expect(201, "POST", "/api/v1/signup", { json: { email, password: "correct horse", name: "Bea Buyer" } })).body;
    assert.deepEqual({ ...user, user_id: 0 }, { user_id: 0, email, name: "Bea Buyer", role: "customer" });
    const login = (await expect(200, "POST", "/api/v1/login", { json: { email, password: "correct horse" } })).body;
    assert.deepEqual(login.user, user);
    assert.ok(Date.parse(login.expires_at) > Date.now());
    const { token } = login;
    assert.equal((await get("/api/v1/me", { token })).user_id, user.user_id);

    const london = (await get("/api/v1/cities")).items.find(({ name }) => name === "London");
    const events = await get(`/api/v1/events?city_id=${london.city_id}&kind=film`);
    let show;
    for (const { event_id } of events.items) {
        const { items } = await get(`/api/v1/events/${event_id}/shows?city_id=${london.city_id}`);
        show = items.flatMap(({ shows }) => shows).find((each) => each.admission === "seated" && each.seats_available > 20);
        if (show) break;
    }
    const path = `/api/v1/shows/${show.show_id}`;
    const prices = new Map((await get(path)).tiers.map(({ tier, price }) => [tier, price]));
    const order = await seatOrder(show.show_id);
    const before = await states(show.show_id);
    assert.equal(before.states.length, order.length);
    const free = order.filter((_, n) => before.states[n] === "a");
    const wanted = free.slice(10, 12);

    const held = await hold(show.show_id, token, { seats: wanted });
    assert.equal(held.status, "held");
    assert.equal(held.show_id, show.show_id);
    assert.deepEqual(held.seats.map(({ seat }) => seat), wanted);
    for (const { tier, price } of held.seats) assert.deepEqual(price, prices.get(tier));
    assert.equal(held.amount.value, held.seats.reduce((sum, { price }) => sum + price.value, 0));
    assert.ok(held.expires_in > 295 && held.expires_in <= 300, `${held.expires_in}`);
    assert.equal(Date.parse(held.expires_at) - Date.parse(held.created_at), 300_000);
    assert.equal(held.payment, null);
    assert.deepEqual(held.tickets, []);
    assert.equal(held.show.starts_at, show.starts_at);
    const during = await eventually(() => states(show.show_id), ({ version }) => version > before.version);
    for (const seat of wanted) assert.equal(during.states[order.indexOf(seat)], "h");
    assert.equal(during.available, before.available - 2);

    const payment = await pay(held.booking_id, token, { payment_method: "pm_card_visa" });
    assert.equal(payment.status, "pending");
    assert.equal(typeof payment.payment_id, "string");
    const paid = await settled(held.booking_id, token);
    assert.equal(paid.status, "paid");
    assert.equal(paid.payment.payment_id, payment.payment_id);
    assert.deepEqual(paid.payment.amount, held.amount);
    assert.deepEqual(paid.tickets.map(({ seat, status }) => [seat, status]), wanted.map((seat) => [seat, "valid"]));
    assert.equal(new Set(paid.tickets.map(({ code }) => code)).size, 2);
    for (const { ticket_id } of paid.tickets) {
        const qr = await expect(200, "GET", `/api/v1/tickets/${ticket_id}/qr.svg`, { token });
        assert.match(qr.headers["content-type"], /^image\/svg\+xml/);
        assert.match(qr.text, /^(<\?xml[^>]*>\s*)?<svg\b[\s\S]*<\/svg>\s*$/);
        assert.match(qr.headers["cache-control"], /no-store/);
    }
    const after = await eventually(() => states(show.show_id), ({ version }) => version > during.version);
    for (const seat of wanted) assert.equal(after.states[order.indexOf(seat)], "s");
    await captured(held.booking_id, token);

    const list = await get("/api/v1/bookings", { token });
    assert.equal(list.total, 1);
    assert.deepEqual(list.items.map(({ booking_id, status }) => [booking_id, status]), [[held.booking_id, "paid"]]);
});

test("after a declined card the seats stay held, and another card pays for them", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    await pay(held.booking_id, token, { payment_method: "pm_card_chargeDeclined" });
    const declined = await settled(held.booking_id, token);
    assert.equal(declined.status, "held");
    assert.equal(declined.payment.status, "failed");
    assert.match(declined.payment.code, /^[a-z_]+$/);
    assert.deepEqual(declined.tickets, []);
    assert.equal(declined.expires_at, held.expires_at);
    await pay(held.booking_id, token, { payment_method: "pm_card_visa" });
    const paid = await settled(held.booking_id, token);
    assert.equal(paid.status, "paid");
    assert.equal(paid.tickets.length, 1);
});

test("each way in which a card is declined has a code of its own", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    const codes = [];
    for (const card of ["pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedExpiredCard"]) {
        await pay(held.booking_id, token, { payment_method: card });
        codes.push((await settled(held.booking_id, token)).payment.code);
    }
    assert.equal(new Set(codes).size, 3, `${codes}`);
});

test("a card that asks for authentication is refused by token, and says so", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    await pay(held.booking_id, token, { payment_method: "pm_card_authenticationRequired" });
    const refusedBooking = await settled(held.booking_id, token);
    assert.equal(refusedBooking.status, "held");
    assert.equal(refusedBooking.payment.status, "failed");
    assert.match(refusedBooking.payment.code, /authentication/);
});

test("a token that the provider does not know fails the payment, and the seats stay held", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    await pay(held.booking_id, token, { payment_method: "pm_card_of_nobody" });
    const failed = await settled(held.booking_id, token);
    assert.deepEqual([failed.status, failed.payment.status], ["held", "failed"]);
});

// Sends the form of the provider's page and follows it; the page or the address it leads to in the end.
async function act(url, form) {
    let answer = await send("POST", new URL(url).pathname, { base: sandbox, form });
    while (answer.status === 303) {
        const to = new URL(answer.headers.location, url);
        if (to.origin !== new URL(sandbox).origin) return { left: to.href };
        answer = await send("GET", to.pathname, { base: sandbox });
    }
    assert.equal(answer.status, 200, answer.text);
    return { page: answer.text };
}

test("on the provider's page a declined card is told, one that asks is approved, and the buyer comes back to a paid booking", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["C-1", "C-2"] });
    const returnUrl = `${gateway}/bookings/${held.booking_id}?from=payment`;
    const payment = await pay(held.booking_id, token, { return_url: returnUrl });
    assert.equal(payment.status, "pending");
    assert.equal(new URL(payment.checkout_url).origin, new URL(sandbox).origin);
    assert.equal((await booking(held.booking_id, token)).status, "paying");

    const page = await expect(200, "GET", new URL(payment.checkout_url).pathname, { base: sandbox });
    assert.match(page.text, /30\.00 EUR/);
    const declined = await act(payment.checkout_url, { card: "pm_card_chargeDeclined", act: "pay" });
    assert.match(declined.page, /role="alert"/);
    assert.equal((await booking(held.booking_id, token)).status, "paying");
    const asked = await act(payment.checkout_url, { card: "pm_card_authenticationRequired", act: "pay" });
    assert.match(asked.page, /value="approve"/);
    const done = await act(payment.checkout_url, { act: "approve" });
    assert.equal(done.left, returnUrl);
    const paid = await settled(held.booking_id, token);
    assert.equal(paid.status, "paid");
    assert.equal(paid.tickets.length, 2);
    assert.equal((await captured(held.booking_id, token)).payment.method, "hosted");
});

test("a website's visitor holds, pays and sees the tickets by forms alone", async () => {
    const showId = makeShow(smallHall);
    const cookies = new Map([["boxoffice_session", makeBuyer()]]);
    const show = await expect(200, "GET", `/shows/${showId}`, { cookies });
    const form = formsOf(show.text).find(({ action }) => action === `/shows/${showId}/holds`);
    const at = (await expect(303, "POST", form.action, { cookies, form: { csrf: form.fields.csrf, seats: "B-3" } })).headers.location;
    assert.match(at, /^\/bookings\/bk_/);
    const page = await expect(200, "GET", at, { cookies });
    const forms = formsOf(page.text).filter(({ action }) => action === `${at}/payments`);
    const byCard = forms.find(({ fields }) => fields.payment_method);
    const paying = await expect(303, "POST", byCard.action, { cookies, form: byCard.fields });
    assert.equal(paying.headers.location, at);
    const paid = await eventually(() => expect(200, "GET", at, { cookies }), ({ text }) => text.includes("/qr.svg"));
    const qr = /\/api\/v1\/tickets\/[^"]*\/qr\.svg/.exec(paid.text)[0];
    assert.match((await expect(200, "GET", qr, { cookies })).text, /<svg/);
});

test("the website's form leads to the provider's page and from there back to the booking", async () => {
    const showId = makeShow(smallHall);
    const cookies = new Map([["boxoffice_session", makeBuyer()]]);
    const { booking_id } = await hold(showId, cookies.get("boxoffice_session"), { seats: ["B-4"] });
    const page = await expect(200, "GET", `/bookings/${booking_id}`, { cookies });
    const form = formsOf(page.text).find(({ action, fields }) => action.endsWith("/payments") && !fields.payment_method);
    const { location } = (await expect(303, "POST", form.action, { cookies, form: form.fields })).headers;
    assert.equal(new URL(location).origin, new URL(sandbox).origin);
    const { left } = await act(location, { card: "pm_card_visa", act: "pay" });
    assert.match(new URL(left).pathname, new RegExp(`^/bookings/${booking_id}$`));
    assert.equal((await settled(booking_id, cookies.get("boxoffice_session"))).status, "paid");
});

test("released seats are free again at once, and the booking cannot be paid any more", async () => {
    const showId = makeShow(smallHall);
    const [one, other] = makeBuyers(2);
    const held = await hold(showId, one, { seats: ["A-1", "A-2"] });
    const answer = await expect(204, "DELETE", `/api/v1/bookings/${held.booking_id}`, { token: one });
    assert.equal(answer.text, "");
    assert.equal((await booking(held.booking_id, one)).status, "released");
    assert.equal((await hold(showId, other, { seats: ["A-1", "A-2"] })).status, "held");
    await refused(409, "hold_expired", {}, "POST", `/api/v1/bookings/${held.booking_id}/payments`, {
        token: one, json: { payment_method: "pm_card_visa" },
    });
});

test("of many who give back at once each is answered for their own booking", async () => {
    const showId = makeShow({ places: 40 });
    const tokens = makeBuyers(40);
    const held = await Promise.all(tokens.map((token) => hold(showId, token, { quantity: 1 })));
    const answers = await Promise.all(
        held.flatMap(({ booking_id }, i) => [
            send("DELETE", `/api/v1/bookings/${booking_id}`, { token: tokens[i] }),
            send("DELETE", `/api/v1/bookings/${booking_id}`, { token: tokens[(i + 1) % tokens.length] }),
            send("DELETE", `/api/v1/bookings/${booking_id}`),
        ]),
    );
    held.forEach((_, i) => assert.deepEqual(answers.slice(3 * i, 3 * i + 3).map(({ status }) => status), [204, 404, 401]));
    assert.equal((await states(showId)).available, 40);
    for (const id of ["x", "bk_1", `bk_${showId}_1`, `bk_${"9".repeat(19)}_${"0".repeat(32)}`, `bk_${showId}_${"0".repeat(32)}`]) {
        await refused(404, "not_found", {}, "DELETE", `/api/v1/bookings/${id}`, { token: tokens[0] });
    }
});

test("a hold with the same Idempotency-Key gets the first booking, and takes nothing twice", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const headers = { "Idempotency-Key": randomUUID() };
    const first = await hold(showId, token, { seats: ["A-3", "A-4"] }, headers);
    const second = await hold(showId, token, { seats: ["A-3", "A-4"] }, headers);
    assert.equal(second.booking_id, first.booking_id);
    assert.equal((await states(showId)).available, 22);
    const other = await hold(showId, makeBuyer(), { quantity: 2 }, headers);
    assert.notEqual(other.booking_id, first.booking_id);
});

test("twenty holds at once with one Idempotency-Key are one booking", async () => {
    const showId = makeShow({ places: 50 });
    const token = makeBuyer();
    const headers = { "Idempotency-Key": randomUUID() };
    const answers = await Promise.all(
        Array.from({ length: 20 }, () => send("POST", `/api/v1/shows/${showId}/holds`, { token, json: { quantity: 2 }, headers })),
    );
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body.booking_id);
    assert.ok(made.length > 0);
    assert.equal(new Set(made).size, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) isProblem(answer, 503, "busy");
    assert.equal((await states(showId)).available, 48);
});

test("a payment with the same Idempotency-Key gets the first answer, and the card is charged once", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    const headers = { "Idempotency-Key": randomUUID() };
    const first = await pay(held.booking_id, token, { payment_method: "pm_card_visa" }, headers);
    const second = await pay(held.booking_id, token, { payment_method: "pm_card_visa" }, headers);
    assert.equal(second.payment_id, first.payment_id);
    await captured(held.booking_id, token);
    assert.equal((await pay(held.booking_id, token, { payment_method: "pm_card_visa" }, headers)).payment_id, first.payment_id);
    assert.equal(sql(`select count(*) from sales.payments where show_id = ${showId}`), "1");
});

test("of two buyers who want one seat at once exactly one gets it, and the other is told which seat is gone", async () => {
    const showId = makeShow(smallHall);
    const buyers = makeBuyers(8);
    const answers = await Promise.all(
        buyers.map((token, n) =>
            send("POST", `/api/v1/shows/${showId}/holds`, { token, json: { seats: ["B-1", n % 2 ? "B-2" : "A-8"] } })),
    );
    const winners = answers.filter(({ status }) => status === 201);
    assert.equal(winners.length, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
        isProblem(answer, 409, "seats_taken");
        assert.ok(answer.body.taken.includes("B-1"));
    }
    assert.equal((await states(showId)).available, 22);
});

test("another's booking and tickets are not found, whatever one tries with them", async () => {
    const showId = makeShow(smallHall);
    const [owner, stranger] = makeBuyers(2);
    const held = await hold(showId, owner, { seats: ["A-1"] });
    const path = `/api/v1/bookings/${held.booking_id}`;
    await refused(404, "not_found", {}, "GET", path, { token: stranger });
    await refused(404, "not_found", {}, "DELETE", path, { token: stranger });
    await refused(404, "not_found", {}, "POST", `${path}/payments`, { token: stranger, json: { payment_method: "pm_card_visa" } });
    await pay(held.booking_id, owner, { payment_method: "pm_card_visa" });
    const { tickets } = await settled(held.booking_id, owner);
    await refused(404, "not_found", {}, "GET", `/api/v1/tickets/${tickets[0].ticket_id}/qr.svg`, { token: stranger });
    await refused(401, "not_signed_in", {}, "GET", `/api/v1/tickets/${tickets[0].ticket_id}/qr.svg`);
    const cookies = new Map([["boxoffice_session", stranger]]);
    await expect(404, "GET", `/bookings/${held.booking_id}`, { cookies });
    assert.deepEqual((await get("/api/v1/bookings", { token: stranger })).items, []);
});

test("an expired hold cannot be paid or released, and its seats are free to the next buyer without any sweep", async () => {
    const showId = makeShow({ ...smallHall, hold_seconds: 1, hold_grace_seconds: 0 });
    const [one, other] = makeBuyers(2);
    const held = await hold(showId, one, { seats: ["A-1"] });
    assert.ok(held.expires_in <= 1);
    await eventually(() => states(showId), ({ available }) => available === 24, 5);
    assert.equal((await booking(held.booking_id, one)).status, "expired");
    await refused(409, "hold_expired", {}, "POST", `/api/v1/bookings/${held.booking_id}/payments`, {
        token: one, json: { payment_method: "pm_card_visa" },
    });
    assert.equal((await hold(showId, other, { seats: ["A-1"] })).status, "held");
    await refused(409, "not_held", { booking_status: "expired" }, "DELETE", `/api/v1/bookings/${held.booking_id}`, { token: one });
});

test("a hold outlives the buyer's countdown by the grace of five seconds", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const held = await hold(showId, token, { seats: ["A-1"] });
    const [grace] = sql(`
        select extract(epoch from held_until - expires_at)::integer from sales.bookings where show_id = ${showId}`).split("\n");
    assert.equal(grace, "5");
    sql(`
        begin;
        update sales.bookings set created_at = now() - interval '5 minutes', expires_at = now() - interval '1 second', held_until = now() + interval '4 seconds'
        where show_id = ${showId};
        update sales.show_seats set held_until = now() + interval '4 seconds' where show_id = ${showId} and status = 'held';
        commit;`);
    const late = await booking(held.booking_id, token);
    assert.deepEqual([late.status, late.expires_in], ["held", 0]);
    await refused(409, "seats_taken", { taken: ["A-1"] }, "POST", `/api/v1/shows/${showId}/holds`, {
        token: makeBuyer(), json: { seats: ["A-1"] },
    });
    await pay(held.booking_id, token, { payment_method: "pm_card_visa" });
    assert.equal((await settled(held.booking_id, token)).status, "paid");
});

test("places of a general admission are sold by number until none is left", async () => {
    const showId = makeShow({ places: 12, prices: { standard: 2500 } });
    const [one, two] = makeBuyers(2);
    const ten = await hold(showId, one, { quantity: 10 });
    assert.equal(ten.seats.length, 10);
    assert.deepEqual(ten.amount, { value: 25000, currency: "EUR" });
    await refused(409, "seats_taken", { available: 2, taken: [] }, "POST", `/api/v1/shows/${showId}/holds`, { token: two, json: { quantity: 3 } });
    await hold(showId, two, { quantity: 2 });
    await pay(ten.booking_id, one, { payment_method: "pm_card_visa" });
    assert.equal((await settled(ten.booking_id, one)).tickets.length, 10);
});

test("sold out says whether held places may yet come free", async () => {
    const showId = makeShow({ places: 2 });
    const [one, two] = makeBuyers(2);
    const wish = { token: two, json: { quantity: 1 } };
    const held = await hold(showId, one, { quantity: 2 });
    await refused(409, "sold_out", { waitlist_open: true }, "POST", `/api/v1/shows/${showId}/holds`, wish);
    const show = await eventually(() => get(`/api/v1/shows/${showId}`), ({ seats_held }) => seats_held === 2);
    assert.deepEqual([show.status, show.waitlist_open, show.seats_available], ["sold_out", true, 0]);
    await pay(held.booking_id, one, { payment_method: "pm_card_visa" });
    assert.equal((await settled(held.booking_id, one)).status, "paid");
    const after = await eventually(
        () => send("POST", `/api/v1/shows/${showId}/holds`, wish),
        ({ body }) => body.waitlist_open === false,
        3,
    );
    isProblem(after, 409, "sold_out", { waitlist_open: false });
});

test("what was sold out is sold again within a second of coming free", async () => {
    const showId = makeShow({ places: 2 });
    const [one, two] = makeBuyers(2);
    const wish = { token: two, json: { quantity: 1 } };
    await hold(showId, one, { quantity: 2 });
    await refused(409, "sold_out", {}, "POST", `/api/v1/shows/${showId}/holds`, wish);
    letLapse(showId);
    const began = Date.now();
    await eventually(() => send("POST", `/api/v1/shows/${showId}/holds`, wish), ({ status }) => status === 201, 3);
    assert.ok(Date.now() - began < 1500);
});

test("the best seats beside each other are chosen, across no aisle, and no single seat is left alone", async () => {
    const showId = makeShow(smallHall);
    const three = await hold(showId, makeBuyer(), { quantity: 3 });
    const numbers = three.seats.map(({ seat }) => Number(seat.split("-")[1]));
    const rows = new Set(three.seats.map(({ seat }) => seat[0]));
    assert.equal(rows.size, 1);
    assert.deepEqual(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2]);
    assert.ok(numbers[2] <= 4 || numbers[0] >= 5, `${numbers} lie across the aisle`);
    const two = await hold(showId, makeBuyer(), { quantity: 2 });
    const taken = new Set([...three.seats, ...two.seats].map(({ seat }) => seat));
    const [row] = two.seats.map(({ seat }) => seat[0]);
    for (const block of [[1, 2, 3, 4], [5, 6, 7, 8]]) {
        const free = block.filter((number) => !taken.has(`${row}-${number}`)).length;
        assert.ok(free !== 1 || [...rows][0] === row, `one seat of row ${row} is alone`);
    }
});

test("seats of a tier are chosen from that tier alone", async () => {
    const showId = makeShow(smallHall);
    const held = await hold(showId, makeBuyer(), { quantity: 2, tier: "premium" });
    for (const { seat, tier, price } of held.seats) {
        assert.deepEqual([seat[0], tier, price], ["C", "premium", { value: 1500, currency: "EUR" }]);
    }
});

test("five seats beside each other are refused where a row's parts have four, and granted apart", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    await refused(409, "not_together", { available: 24 }, "POST", `/api/v1/shows/${showId}/holds`, { token, json: { quantity: 5 } });
    assert.equal((await hold(showId, token, { quantity: 5, together: false })).seats.length, 5);
});

test("a show that costs nothing is paid without a card", async () => {
    const showId = makeShow({ places: 5, prices: { standard: 0 } });
    const token = makeBuyer();
    const held = await hold(showId, token, { quantity: 1 });
    await pay(held.booking_id, token, {});
    const paid = await settled(held.booking_id, token);
    assert.deepEqual([paid.status, paid.tickets.length], ["paid", 1]);
});

endInPeace();

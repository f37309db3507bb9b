// Waiting for seats in the browser, with and without JavaScript: joining from the sold-out map, the place in the queue, the offer
// that comes by itself; and giving a paid booking back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, phone, withPage } from "../support/browser.mjs";
import { eventually, expect, get } from "../support/client.mjs";
import { hold, letLapse, makeBuyer, makeBuyers, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const main = (page) => page.getByRole("main");
const release = (id, token) => expect(204, "DELETE", `/api/v1/bookings/${id}`, { token });
const join = (showId, token, json) => expect(201, "POST", `/api/v1/shows/${showId}/waitlist`, { token, json }).then((answer) => answer.body.entry_id);

// Four seats in a row, held two by two.
async function fullShow() {
    const showId = makeShow({ rows: [{ row: "A", seats: 4 }], prices: { standard: 1200 } });
    const [alice, bob] = makeBuyers(2);
    const a = (await hold(showId, alice, { seats: ["A-1", "A-2"] })).booking_id;
    const b = (await hold(showId, bob, { seats: ["A-3", "A-4"] })).booking_id;
    return { showId, alice, bob, a, b };
}

async function joinByForm(page, showId, choice = "Hold them for me") {
    await page.goto(`/shows/${showId}`);
    const form = page.locator(".join");
    await form.getByLabel("How many").selectOption("2");
    await form.getByLabel(choice).check();
    await form.getByRole("button", { name: "Join the queue" }).click();
}

for (const [how, script] of [["with JavaScript", true], ["without JavaScript", false]]) {
    test(`who joins from the sold-out map comes to the place in the queue, and from there to the offer by itself, ${how}`, async () => {
        const { showId, alice, bob, a, b } = await fullShow();
        const first = makeBuyer();
        await join(showId, first, { quantity: 2 });
        await withPage({ script, viewport: script ? desk : phone }, async (page) => {
            await joinByForm(page, showId);
            await heading(page, "You are in the queue");
            assert.deepEqual(await page.locator(".queue-place dd").allTextContents(), ["2", "4"]);
            assert.equal(await page.getByText("You are the next.").isVisible(), false);

            await release(a, alice);
            await page.locator("[data-position]").filter({ hasText: /^1$/ }).waitFor();
            await page.getByText("You are the next.").waitFor();

            const asked = Date.now();
            await release(b, bob);
            await page.waitForURL("**/bookings/*");
            await heading(page, "Almost yours");
            assert.ok(Date.now() - asked < 9000, `${Date.now() - asked} ms`);
            await page.getByText("Your turn in the queue has come.").waitFor();
            assert.match(await page.locator("[data-countdown]").textContent(), /^[45]:\d\d$/);
            await page.getByRole("button", { name: /^Pay / }).click();
            await heading(page, "Enjoy the show");
        });
    });

    test(`seats that are bought at once lead to the tickets ${how}`, async () => {
        const { showId, alice, a } = await fullShow();
        const token = makeBuyer();
        await withPage({ token, script }, async (page) => {
            await joinByForm(page, showId, "Buy them at once with the test card Visa 4242");
            await heading(page, "You are in the queue");
            await eventually(() => get("/api/v1/payment_methods", { token }), ({ items }) => items.length > 0);
            await release(a, alice);
            await heading(page, "The seats are yours");
            await page.getByRole("link", { name: "See your tickets" }).click();
            await heading(page, "Enjoy the show");
        });
    });

    test(`a stranger signs in on the way, and is back at the form with the choice ${how}`, async () => {
        const { showId } = await fullShow();
        await withPage({ token: null, script }, async (page) => {
            await joinByForm(page, showId);
            await main(page).getByRole("link", { name: "Create an account" }).click();
            await page.getByLabel("Name").fill("Wanda Waiter");
            await page.getByLabel("E-mail").fill(`wanda.${Date.now()}.${script}@test.example`);
            await page.getByLabel("Password").fill("correct horse");
            await page.getByRole("button", { name: "Create an account" }).click();
            const form = page.locator(".join");
            assert.equal(await form.getByLabel("How many").inputValue(), "2");
            await form.getByRole("button", { name: "Join the queue" }).click();
            await heading(page, "You are in the queue");
        });
    });

    test(`who leaves the queue reads so, and may join again ${how}`, async () => {
        const { showId } = await fullShow();
        await withPage({ script }, async (page) => {
            await joinByForm(page, showId);
            await page.getByRole("button", { name: "Leave the queue" }).click();
            await heading(page, "You have left the queue");
            await page.getByRole("link", { name: "Back to the show" }).click();
            await page.getByRole("heading", { name: "Wait for seats" }).waitFor();
        });
    });

    test(`a paid booking is given back for its money, after a second thought, ${how}`, async () => {
        const showId = makeShow(smallHall);
        const token = makeBuyer();
        const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
        await expect(202, "POST", `/api/v1/bookings/${booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
        await withPage({ token, script, viewport: phone }, async (page) => {
            await page.goto(`/bookings/${booking_id}`);
            await heading(page, "Enjoy the show");
            const button = page.getByRole("button", { name: "Give them back for my money" });
            assert.equal(await button.isVisible(), false);
            await page.getByText("Give the tickets back").click();
            await button.click();
            await heading(page, "Refunded");
            await eventually(async () => (await page.reload(), page.locator(".refund").textContent()), (text) => text.includes("Given back to you"));
            assert.match(await page.locator(".refund").textContent(), /A-1[\s\S]*€12\.00/);
        });
    });
}

test("a refused card is said on the page of who waits, by itself", async () => {
    const { showId } = await fullShow();
    await withPage({}, async (page) => {
        await joinByForm(page, showId, "Buy them at once with Visa 0002, which is declined");
        await heading(page, "The payment did not go through");
    });
});

test("an offer that is not paid in time says so, on the booking and in the queue", async () => {
    const { showId, alice, a } = await fullShow();
    const token = makeBuyer();
    const id = await join(showId, token, { quantity: 2 });
    await release(a, alice);
    letLapse(showId);
    sql(`select sales.expire_bookings(${showId})`);
    await withPage({ token }, async (page) => {
        await page.goto(`/waitlist/${id}`);
        await heading(page, "Time ran out");
        await page.getByText("they went to the next").waitFor();
    });
});

test("who waits finds the way back from the show and from the account", async () => {
    const { showId } = await fullShow();
    await withPage({}, async (page) => {
        await joinByForm(page, showId);
        await heading(page, "You are in the queue");
        await page.goto(`/shows/${showId}`);
        assert.equal(await page.locator(".join").count(), 0);
        await page.getByRole("link", { name: "See how it stands" }).click();
        await heading(page, "You are in the queue");
        await page.getByRole("link", { name: "My tickets" }).click();
        await page.getByRole("link", { name: /A Talk for Tests[\s\S]*2 seats[\s\S]*Waiting/ }).click();
        await heading(page, "You are in the queue");
    });
});

test("who asks for more than are free may wait for them", async () => {
    const showId = makeShow({ rows: [{ row: "A", seats: 4 }], prices: { standard: 1200 } });
    await hold(showId, makeBuyer(), { seats: ["A-1", "A-2"] });
    await withPage({ script: false }, async (page) => {
        await page.goto(`/shows/${showId}`);
        assert.equal(await page.locator(".join").count(), 0);
        const form = page.locator(".best-form");
        await form.getByLabel("How many").selectOption("3");
        await form.getByRole("button", { name: "Find seats" }).click();
        await page.getByRole("alert").waitFor();
        await page.locator(".join").getByRole("button", { name: "Join the queue" }).click();
        await heading(page, "You are in the queue");
        assert.match(await page.locator(".order-seats").textContent(), /Seats\s*3/);
    });
});

test("what the queue refuses is said on the map in words", async () => {
    const { showId, alice, a } = await fullShow();
    await expect(202, "POST", `/api/v1/bookings/${a}/payments`, { token: alice, json: { payment_method: "pm_card_visa" } });
    await eventually(() => get(`/api/v1/bookings/${a}`, { token: alice }), ({ status }) => status === "paid");
    await withPage({}, async (page) => {
        await page.goto(`/shows/${showId}`);
        const form = page.locator(".join");
        await form.getByLabel("How many").selectOption("3");
        await form.getByRole("button", { name: "Join the queue" }).click();
        await page.getByRole("alert").filter({ hasText: "So many seats can no longer come free" }).waitFor();
        assert.equal(await form.getByLabel("How many").inputValue(), "3");
    });
});

test("a saved card is offered in the queue, and is removed in the account", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await page.goto(`/shows/${showId}`);
        await page.locator('input[value="A-1"]').check();
        await page.getByRole("button", { name: "Hold these seats" }).click();
        await page.getByLabel("Keep this card").check();
        await page.getByRole("button", { name: /^Pay / }).click();
        await heading(page, "Enjoy the show");
        const full = await fullShow();
        await page.goto(`/shows/${full.showId}`);
        await page.locator(".join").getByLabel(/Buy them at once with visa.*4242/i).first().waitFor();
        await page.goto("/account");
        await page.getByRole("button", { name: /^Remove visa/i }).click();
        await page.getByText("You have none.").waitFor();
    });
});

test("part of a booking that was given back is struck", async () => {
    const showId = makeShow(smallHall);
    const token = makeBuyer();
    const { booking_id } = await hold(showId, token, { seats: ["A-1", "A-2"] });
    await expect(202, "POST", `/api/v1/bookings/${booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    await eventually(() => get(`/api/v1/bookings/${booking_id}`, { token }), ({ status }) => status === "paid");
    sql(`select sales.refund_booking(k.show_id, k.id, null, 'broken seat', true, '{A-2}') from sales.parse_public_id('bk', '${booking_id}') as k`);
    await withPage({ token }, async (page) => {
        await page.goto(`/bookings/${booking_id}`);
        assert.match(await page.locator("del").first().textContent(), /A-2/);
        assert.deepEqual(await page.locator(".ticket.is-void dd:first-of-type").first().textContent(), "A-2");
        assert.equal(await page.locator(".ticket img").count(), 1);
    });
});

endInPeace();

// Buying in the browser, from the map to the tickets: with and without JavaScript, with cards that are refused, and on the
// provider's page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, phone, withPage } from "../support/browser.mjs";
import { letLapse, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, sandbox } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const hold = (page) => page.getByRole("button", { name: "Hold these seats" }).click();
const pay = (page) => page.getByRole("button", { name: /^Pay / }).click();
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

async function choose(page, showId, ...seats) {
    await page.goto(`/shows/${showId}`);
    for (const seat of seats) await page.locator(`input[value="${seat}"]`).check();
}

async function hasTickets(page, seats) {
    await heading(page, "Enjoy the show");
    assert.deepEqual(await page.locator(".ticket dd:first-of-type").allTextContents().then((all) => all.filter((text) => /^[A-Z]+-/.test(text))), seats);
    for (const code of await page.locator(".ticket img").all()) {
        assert.ok(await code.evaluate(async (image) => (await image.decode().catch(() => {}), image.naturalWidth > 0)), "the QR is drawn");
    }
}

for (const [how, script] of [["with JavaScript", true], ["without JavaScript", false]]) {
    test(`two seats are chosen, held, paid for and printed ${how}`, async () => {
        const showId = makeShow(smallHall);
        await withPage({ script, viewport: script ? phone : desk }, async (page) => {
            await choose(page, showId, "B-4", "B-5");
            await hold(page);
            await heading(page, "Almost yours");
            assert.match(await page.locator("[data-countdown]").textContent(), /^[45]:\d\d$/);
            assert.equal(await page.locator(".order .total strong").textContent(), "€24.00");
            await pay(page);
            if (script) await hasTickets(page, ["B-4", "B-5"]);
            else {
                await page.getByRole("heading", { level: 1, name: /Paying|Enjoy/ }).waitFor();
                await hasTickets(page, ["B-4", "B-5"]);
            }
        });
    });

    test(`a declined card leaves the seats held, and another card buys them ${how}`, async () => {
        const showId = makeShow(smallHall);
        await withPage({ script }, async (page) => {
            await choose(page, showId, "A-2");
            await hold(page);
            await page.getByLabel("Visa 0002").check();
            await pay(page);
            await page.getByText("The card was declined.").waitFor();
            await heading(page, "Almost yours");
            await page.getByLabel("Visa 4242").check();
            await pay(page);
            await hasTickets(page, ["A-2"]);
        });
    });

    test(`who signs in on the way keeps the choice ${how}`, async () => {
        const showId = makeShow(smallHall);
        await withPage({ token: null, script }, async (page) => {
            await choose(page, showId, "C-1", "C-2");
            await hold(page);
            await page.getByText("Your choice is kept").waitFor();
            await page.getByRole("main").getByRole("link", { name: "Create an account" }).click();
            await page.getByLabel("Name").fill("Ada <Lovelace>");
            await page.getByLabel("E-mail").fill(`ada.${Date.now()}.${script}@test.example`);
            await page.getByLabel("Password").fill("correct horse");
            await page.getByRole("button", { name: "Create an account" }).click();
            assert.deepEqual(await page.locator(".seats input:checked").evaluateAll((seats) => seats.map((seat) => seat.value)), ["C-1", "C-2"]);
            await hold(page);
            await heading(page, "Almost yours");
        });
    });
}

test("the provider's page takes the payment, and gives the buyer back", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await choose(page, showId, "C-5");
        await hold(page);
        await page.getByRole("button", { name: "Go to the payment page" }).click();
        await page.waitForURL(`${sandbox}/**`);
        await page.getByRole("button", { name: /pay/i }).first().click();
        await hasTickets(page, ["C-5"]);
    });
});

test("who leaves the provider's page can pay another way", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await choose(page, showId, "C-6");
        await hold(page);
        const booking = page.url();
        await page.getByRole("button", { name: "Go to the payment page" }).click();
        await page.waitForURL(`${sandbox}/**`);
        await page.goto(booking);
        await page.getByRole("button", { name: "Pay another way" }).click();
        await heading(page, "Almost yours");
        await pay(page);
        await hasTickets(page, ["C-6"]);
    });
});

test("seats that are given back are free again", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await choose(page, showId, "A-1");
        await hold(page);
        await page.getByRole("button", { name: "Give the seats back" }).click();
        await heading(page, "Seats given back");
        await page.getByRole("link", { name: "Choose seats again" }).click();
        assert.ok(await page.locator('input[value="A-1"]').isEnabled());
    });
});

test("a countdown that ends says so by itself", async () => {
    const showId = makeShow({ ...smallHall, hold_seconds: 3, hold_grace_seconds: 1 });
    await withPage({}, async (page) => {
        await choose(page, showId, "A-1");
        await hold(page);
        await heading(page, "Time ran out");
        await page.getByRole("link", { name: "Choose seats again" }).click();
        await page.getByRole("heading", { name: "Choose your seats" }).waitFor();
    });
});

test("a payment that comes too late leads to the booking, which says so", async () => {
    const showId = makeShow(smallHall);
    await withPage({ script: false }, async (page) => {
        await choose(page, showId, "A-1");
        await hold(page);
        await heading(page, "Almost yours");
        letLapse(showId);
        await pay(page);
        await heading(page, "Time ran out");
    });
});

test("places without numbers are bought by number", async () => {
    const showId = makeShow({ places: 50, prices: { standard: 4500 } });
    await withPage({ script: false, viewport: phone }, async (page) => {
        await page.goto(`/shows/${showId}`);
        await page.getByLabel("How many", { exact: true }).selectOption("3");
        await page.getByRole("button", { name: "Hold these tickets" }).click();
        assert.equal(await page.locator(".order .total strong").textContent(), "€135.00");
        await pay(page);
        await heading(page, "Enjoy the show");
        assert.equal(await page.locator(".ticket").count(), 3);
    });
});

test("what was bought stands in the account", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await choose(page, showId, "B-1", "B-2");
        await hold(page);
        await pay(page);
        await heading(page, "Enjoy the show");
        await page.getByRole("link", { name: "My tickets" }).click();
        const card = page.locator(".booking-card");
        assert.match(await card.textContent(), /A Talk for Tests[\s\S]*B-1, B-2[\s\S]*Paid/);
        await card.click();
        await hasTickets(page, ["B-1", "B-2"]);
    });
});

endInPeace();

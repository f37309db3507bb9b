// The seat map: its keyboard, its labels, what others take meanwhile, and its weight.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, phone, withPage } from "../support/browser.mjs";
import { get } from "../support/client.mjs";
import { hold as holdByApi, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const seat = (page, name) => page.locator(`input[value="${name}"]`);
const chosen = (page) => page.locator(".seats input:checked").evaluateAll((seats) => seats.map((each) => each.value));
const focused = (page) => page.evaluate(() => document.activeElement.value);
const submit = (page) => page.getByRole("button", { name: "Hold these seats" }).click();

for (const [how, script] of [["with JavaScript", true], ["without JavaScript", false]]) {
    test(`who was slower is told which seats are gone, and keeps the others ${how}`, async () => {
        const showId = makeShow(smallHall);
        await withPage({ script }, async (page) => {
            await page.goto(`/shows/${showId}`);
            for (const name of ["B-1", "B-2", "B-3"]) await seat(page, name).check();
            // Somebody gets there between the form and the server, so that the page cannot have heard of it.
            await page.route("**/holds", async (route) => {
                await holdByApi(showId, makeBuyer(), { seats: ["B-2", "B-4"] });
                await route.continue();
            }, { times: 1 });
            await submit(page);
            const alert = page.getByRole("alert");
            assert.match(await alert.textContent(), /Somebody was faster[\s\S]*No longer free: B-2\.[\s\S]*still ticked: B-1, B-3\./);
            assert.deepEqual(await chosen(page), ["B-1", "B-3"]);
            assert.ok(await seat(page, "B-4").isDisabled());
            await submit(page);
            await page.getByRole("heading", { name: "Almost yours" }).waitFor();
        });
    });
}

test("a seat that somebody takes meanwhile is unticked within seconds, and that is said", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await page.goto(`/shows/${showId}`);
        await seat(page, "A-3").check();
        await seat(page, "A-4").check();
        await holdByApi(showId, makeBuyer(), { seats: ["A-4", "A-5"] });
        await page.waitForFunction(() => document.querySelector('input[value="A-4"]').disabled);
        assert.deepEqual(await chosen(page), ["A-3"]);
        assert.equal(await page.locator("[data-said]").textContent(), "Somebody just took A-4");
        assert.match(await seat(page, "A-5").getAttribute("aria-label"), /, held by somebody$/);
        assert.equal(await page.locator("[data-total] strong").textContent(), "€12.00");
    });
});

test("a form that is sent twice leads to the one booking", async () => {
    const showId = makeShow(smallHall);
    await withPage({}, async (page) => {
        await page.goto(`/shows/${showId}`);
        await seat(page, "C-1").check();
        await submit(page);
        await page.getByRole("heading", { name: "Almost yours" }).waitFor();
        const booking = page.url();
        await page.goto(`/shows/${showId}`);
        await page.getByText("You hold C-1 for this show.").waitFor();
        await page.evaluate(() => {
            const taken = document.querySelector('input[value="C-1"]');
            taken.disabled = false;
            taken.checked = true;
        });
        await submit(page);
        await page.waitForURL(booking);
    });
});

test("the keyboard moves over the map, ticks, and counts", async () => {
    const showId = makeShow(smallHall);
    await holdByApi(showId, makeBuyer(), { seats: ["A-2"] });
    await withPage({}, async (page) => {
        await page.goto(`/shows/${showId}`);
        await seat(page, "A-1").focus();
        await page.keyboard.press("Space");
        await page.keyboard.press("ArrowRight");
        assert.equal(await focused(page), "A-3", "a taken seat is passed over");
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("ArrowDown");
        assert.equal(await focused(page), "C-3");
        await page.keyboard.press("Space");
        await page.keyboard.press("ArrowLeft");
        await page.keyboard.press("ArrowUp");
        assert.equal(await focused(page), "B-2");
        assert.deepEqual(await chosen(page), ["A-1", "C-3"]);
        assert.equal(await page.locator("[data-total] strong").textContent(), "€27.00");
        await page.keyboard.press("Tab");
        assert.equal(await page.locator(":focus").textContent(), "A-1", "one stop, then on to what was chosen");
    });
});

test("one seat too many is not ticked", async () => {
    const showId = makeShow({ ...smallHall, max_seats: 2 });
    await withPage({}, async (page) => {
        await page.goto(`/shows/${showId}`);
        for (const name of ["A-1", "A-2"]) await seat(page, name).check();
        await seat(page, "A-3").click();
        assert.deepEqual(await chosen(page), ["A-1", "A-2"]);
        assert.equal(await page.locator("[data-said]").textContent(), "2 seats at most.");
    });
});

test("without a choice, or with too much of one, the form says so without JavaScript", async () => {
    const showId = makeShow({ ...smallHall, max_seats: 2 });
    await withPage({ script: false }, async (page) => {
        await page.goto(`/shows/${showId}`);
        await submit(page);
        assert.match(await page.getByRole("alert").textContent(), /Tick the seats/);
        for (const name of ["A-1", "A-2", "A-3"]) await seat(page, name).check();
        await submit(page);
        assert.match(await page.getByRole("alert").textContent(), /2 seats of this show at most/);
        assert.deepEqual(await chosen(page), ["A-1", "A-2", "A-3"]);
    });
});

test("the best seats that are free are found, beside each other or not", async () => {
    const showId = makeShow({ rows: [{ row: "A", seats: 4, gaps: [2] }] });
    await withPage({ script: false }, async (page) => {
        await page.goto(`/shows/${showId}`);
        await page.getByLabel("How many").selectOption("3");
        await page.getByRole("button", { name: "Find seats" }).click();
        assert.match(await page.getByRole("alert").textContent(), /Not beside each other/);
        assert.equal(await page.getByLabel("How many").inputValue(), "3");
        await page.getByLabel("All beside each other").uncheck();
        await page.getByRole("button", { name: "Find seats" }).click();
        await page.getByRole("heading", { name: "Almost yours" }).waitFor();
        assert.equal(await page.locator(".order-seats li").count(), 3);
    });
});

test("a seat says its row, number, class, price and state, in both languages", async () => {
    const showId = makeShow(smallHall);
    await holdByApi(showId, makeBuyer(), { seats: ["C-7"] });
    await withPage({}, async (page) => {
        await page.goto(`/shows/${showId}`);
        assert.equal(await seat(page, "A-1").getAttribute("aria-label"), "Row A seat 1, Standard, €12.00, wheelchair place");
        assert.equal(await seat(page, "C-7").getAttribute("aria-label"), "Row C seat 7, Premium, €15.00, held by somebody");
    });
    await withPage({ language: "zh" }, async (page) => {
        await page.goto(`/shows/${showId}`);
        assert.equal(await seat(page, "C-7").getAttribute("aria-label"), "C 排 7 号， 优选座， €15.00，他人正在保留");
    });
});

test("two thousand seats are light, quick, and the states follow the layout's order", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ row: `R${i + 1}`, seats: 50, gaps: [12, 38], tier: i < 10 ? "premium" : "standard" }));
    const showId = makeShow({ rows, prices: { standard: 3000, premium: 5000 } });
    for (const viewport of [phone, desk]) {
        await withPage({ token: null, viewport }, async (page) => {
            const answer = await page.goto(`/shows/${showId}`);
            const html = await answer.text();
            const map = html.slice(html.indexOf("<fieldset"), html.lastIndexOf("</fieldset>"));
            assert.ok(Buffer.byteLength(map) / 2000 <= 130, `${Buffer.byteLength(map) / 2000} bytes a seat`);
            assert.equal(await page.locator(".seats input").count(), 2000);
            const shown = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd);
            assert.ok(shown < 3000, `${shown} ms`);
        });
    }
    const layout = await get(`/api/v1/shows/${showId}/layout`);
    await withPage({ token: null }, async (page) => {
        await page.goto(`/shows/${showId}`);
        const names = await page.locator(".seats input").evaluateAll((seats) => seats.map((each) => each.value));
        assert.deepEqual(names, layout.rows.flatMap((row) => row.seats.map((each) => each.seat)));
    });
});

test("the map can be made larger and smaller, without JavaScript too", async () => {
    const showId = makeShow(smallHall);
    await withPage({ script: false, viewport: phone }, async (page) => {
        await page.goto(`/shows/${showId}`);
        const width = async (zoom) => {
            await page.getByLabel(zoom, { exact: true }).check({ force: true });
            return (await seat(page, "A-1").boundingBox()).width;
        };
        const [whole, normal, large] = [await width("Whole hall"), await width("Normal"), await width("Large")];
        assert.ok(whole <= normal && normal < large, `${whole}, ${normal}, ${large}`);
    });
});

endInPeace();

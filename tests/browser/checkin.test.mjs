// The door in the browser: typed codes with and without JavaScript, a camera, undoing, and who may see it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, fits, isAccessible, phone, withPage } from "../support/browser.mjs";
import { expect } from "../support/client.mjs";
import { buyTickets, makeBuyer, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const token = makeStaff();

const result = (page) => page.locator("#result");
const says = (page, text) => result(page).getByRole("heading", { name: text }).waitFor();

async function scan(page, code) {
    await page.getByLabel("Ticket code").fill(code);
    await page.keyboard.press("Enter");
}

for (const [how, script] of [["with JavaScript", true], ["without JavaScript", false]]) {
    test(`a ticket is let in once, told when and where, and made valid again ${how}`, async () => {
        const showId = makeShow(smallHall);
        const [one, two] = await buyTickets(showId, 2);
        const [other] = await buyTickets(makeShow(smallHall), 1);
        await withPage({ token, script, viewport: script ? desk : phone }, async (page) => {
            await page.goto(`/checkin?show_id=${showId}`);
            await page.getByLabel("Gate").fill("North");
            await scan(page, one.code);
            await says(page, "Admitted");
            assert.match(await result(page).innerText(), new RegExp(`${one.seat}[\\s\\S]*Tess Tester[\\s\\S]*more than four hours`));
            assert.match(await page.locator("#counts").innerText(), /1 of 2[\s\S]*North\s+1/);
            assert.equal(await page.getByLabel("Gate").inputValue(), "North");
            assert.equal(await page.evaluate(() => document.activeElement.id), "code", "the next code can be scanned at once");

            await scan(page, ` ${one.code} `);
            await says(page, "Already used");
            assert.match(await result(page).innerText(), /Used on .*, gate North/);
            await scan(page, other.code);
            await says(page, "Another show");
            assert.match(await result(page).innerText(), /A Talk for Tests/);
            await scan(page, `${one.code.slice(0, -1)}x`);
            await says(page, "Not a ticket of ours");
            sql(`update sales.tickets set status = 'void', voided_at = now() where ticket_id = '${two.uuid}'`);
            await scan(page, two.code);
            await says(page, "Void ticket");
            sql(`update sales.tickets set status = 'valid', voided_at = null where ticket_id = '${two.uuid}'`);

            const admission = page.locator(".door-scans li.is-admitted");
            await admission.getByText("Undo").click();
            await admission.getByLabel("Why").selectOption("Left before the show");
            await admission.getByRole("button", { name: "Make the ticket valid again" }).click();
            await says(page, "Valid again");
            assert.match(await page.locator("#recent").innerText(), /Left before the show/);
            assert.match(await page.locator("#counts").innerText(), /0 of 2/);
            await scan(page, one.code);
            await says(page, "Admitted");
        });
    });
}

test("with JavaScript the page stays, and codes that come faster than their answers are all taken, in their order", async () => {
    const showId = makeShow(smallHall);
    const tickets = await buyTickets(showId, 4);
    await withPage({ token }, async (page) => {
        await page.goto(`/checkin?show_id=${showId}&gate=North`);
        await page.evaluate(() => (window.isSamePage = true));
        for (const { code } of tickets) await scan(page, code);
        await page.getByText("4 of 4").waitFor();
        assert.ok(await page.evaluate(() => window.isSamePage));
        assert.match(await result(page).innerText(), new RegExp(tickets[3].seat));
        assert.equal(await page.getByLabel("Ticket code").inputValue(), "");
        assert.match(page.url(), /gate=North/);
    });
});

test("a lost answer is said, and the same code again is the same scan", async () => {
    const showId = makeShow(smallHall);
    const [ticket] = await buyTickets(showId, 1);
    await withPage({ token }, async (page) => {
        await page.goto(`/checkin?show_id=${showId}&gate=North`);
        await page.route("**/checkin", async (route) => {
            await route.fetch({ maxRedirects: 0 });
            await route.fulfill({ status: 204 });
        }, { times: 1 });
        await scan(page, ticket.code);
        await result(page).getByText("No answer. Check the same code again.").waitFor();
        assert.equal(await page.getByLabel("Ticket code").inputValue(), ticket.code);
        await page.keyboard.press("Enter");
        await says(page, "Admitted");
        assert.equal(sql(`select count(*) from sales.ticket_scans where show_id = ${showId}`), "1");
    });
});

test("what another door lets in is counted here within seconds", async () => {
    const showId = makeShow(smallHall);
    const [ticket] = await buyTickets(showId, 1);
    await withPage({ token }, async (page) => {
        await page.goto(`/checkin?show_id=${showId}&gate=North`);
        await expect(200, "POST", "/api/v1/checkin", { token, json: { code: ticket.code, gate: "South" } });
        await page.getByText("1 of 1").waitFor();
        assert.match(await page.locator("#recent").innerText(), /South/);
        assert.match(await result(page).innerText(), /Scan or type a code/);
    });
});

test("where the browser reads QR codes the camera does, each code once; elsewhere there is no such button", async () => {
    const showId = makeShow(smallHall);
    const [one, two] = await buyTickets(showId, 2);
    await withPage({ token }, async (page) => {
        await page.goto(`/checkin?show_id=${showId}&gate=North`);
        if (!(await page.evaluate(() => "BarcodeDetector" in window))) assert.ok(await page.getByRole("button", { name: "Camera" }).isHidden());
        // A camera of paper: what it sees is what the test says.
        await page.addInitScript(() => {
            window.BarcodeDetector = class {
                static getSupportedFormats = async () => ["qr_code"];
                detect = async () => (window.seen ? [{ rawValue: window.seen }] : []);
            };
            navigator.mediaDevices.getUserMedia = async () => {
                if (window.refuses) throw new DOMException("no", "NotAllowedError");
                return document.createElement("canvas").captureStream();
            };
        });
        await page.reload();
        const button = page.getByRole("button", { name: "Camera" });
        await page.evaluate(() => (window.refuses = true));
        await button.click();
        await result(page).getByText("The camera cannot be used").waitFor();
        await page.evaluate(() => (window.refuses = false));
        await button.click();
        assert.equal(await button.getAttribute("aria-pressed"), "true");
        for (const { code, seat } of [one, two]) {
            await page.evaluate((seen) => (window.seen = seen), code);
            await result(page).getByText(seat).waitFor();
            await says(page, "Admitted");
        }
        await page.waitForTimeout(1000);
        assert.equal(sql(`select count(*) from sales.ticket_scans where show_id = ${showId}`), "2");
        await button.click();
        assert.ok(await page.locator("[data-video]").isHidden());
    });
});

test("staff finds its door by venue and by number, and the way to it is in the head of each page", async () => {
    const showId = makeShow(smallHall);
    sql(`update sales.shows set starts_at = now() + interval '1 hour', ends_at = now() + interval '3 hours' where show_id = ${showId}`);
    await withPage({ token, script: false }, async (page) => {
        await page.goto("/");
        await page.getByRole("link", { name: "Check-in" }).click();
        await page.getByLabel("Venue").selectOption({ label: "Testville Odeon, Testville" });
        await page.getByRole("button", { name: "Today’s shows" }).click();
        await page.locator(`.door-shows a[href$="show_id=${showId}"]`).click();
        await page.getByRole("heading", { level: 1, name: "A Talk for Tests" }).waitFor();
        await page.getByRole("link", { name: "Another show" }).click();
        await page.getByLabel("Or the show’s number").fill(String(showId));
        await page.getByRole("button", { name: "Open this door" }).click();
        await page.getByLabel("Gate").waitFor();
    });
});

test("the door is for staff: a stranger is led to the login, a customer refused, and neither sees the way there", async () => {
    await withPage({ token: null, script: false }, async (page) => {
        await page.goto("/checkin?show_id=1");
        assert.match(page.url(), /\/login\?next=%2Fcheckin%3Fshow_id%3D1/);
        assert.equal(await page.getByRole("link", { name: "Check-in" }).count(), 0);
    });
    await withPage({ script: false }, async (page) => {
        await page.goto("/");
        assert.equal(await page.getByRole("link", { name: "Check-in" }).count(), 0);
    });
    const cookies = new Map([["boxoffice_session", makeBuyer()]]);
    await expect(403, "GET", "/checkin", { cookies });
    await expect(404, "GET", "/checkin?show_id=999999999", { cookies: new Map([["boxoffice_session", token]]) });
});

for (const [size, viewport, colorScheme, language] of [["phone", phone, "light", "en"], ["desk", desk, "dark", "zh"], ["desk", desk, "light", "en"]]) {
    test(`the door is accessible and fits on a ${size}, ${colorScheme}, in ${language}, whatever was scanned`, async () => {
        const showId = makeShow(smallHall);
        const [one, , three] = await buyTickets(showId, 3);
        sql(`update sales.tickets set status = 'void', voided_at = now() where ticket_id = '${three.uuid}'`);
        const [other] = await buyTickets(makeShow(smallHall), 1);
        await withPage({ token, viewport, colorScheme, language }, async (page) => {
            const look = async (name) => {
                await isAccessible(page);
                await fits(page);
                if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/door-${size}-${colorScheme}-${name}.png`, fullPage: true });
            };
            await page.goto("/checkin");
            await look("choice");
            await page.goto(`/checkin?show_id=${showId}&gate=North`);
            await look("idle");
            for (const [outcome, { code }] of [["admitted", one], ["already_used", one], ["void_ticket", three], ["wrong_show", other], ["bad_code", { code: "BX1" }]]) {
                await page.locator("#code").fill(code);
                await page.keyboard.press("Enter");
                await page.locator(`[data-outcome=${outcome}]`).waitFor();
                await look(outcome);
            }
        });
        sql(`update sales.tickets set status = 'valid', voided_at = null where ticket_id = '${three.uuid}'`);
    });
}

endInPeace();

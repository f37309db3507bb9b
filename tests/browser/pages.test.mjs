// Every page in every dress: phone and desk, light and dark, English and Chinese. Accessible, valid, not too wide, without
// dead ends.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { HtmlValidate } from "html-validate";
import { desk, fits, isAccessible, phone, withPage } from "../support/browser.mjs";
import { expect, formsOf, get, send } from "../support/client.mjs";
import { hold, letLapse, makeAdmin, makeBuyer, makeBuyers, makeShow, makeStaff, smallHall } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const validator = new HtmlValidate({
    extends: ["html-validate:recommended"],
    rules: {
        // Matters of taste, in which the templates follow the HTML standard: <!doctype html>, a button in a form submits,
        // boxes of one question share a name.
        "doctype-style": "off",
        "no-implicit-button-type": "off",
        "form-dup-name": "off",
        "no-trailing-whitespace": "off",
        "long-title": "off",
        // The form of the zoom is only there to keep its radios out of the other one; it sends nothing.
        "wcag/h32": "off",
        // Who waits without JavaScript gets the page anew every few seconds; there is nothing on it that could be lost.
        "meta-refresh": "off",
    },
});

const token = makeBuyer();
const staff = makeStaff();
const admin = makeAdmin();
const pages = new Map();

before(async () => {
    const showId = makeShow(smallHall);
    const booked = async (wish) => (await hold(showId, token, wish)).booking_id;
    const pay = (booking, method) => expect(202, "POST", `/api/v1/bookings/${booking}/payments`, { token, json: { payment_method: method } });
    const settled = async (booking, status) => {
        for (let i = 0; i < 100 && (await get(`/api/v1/bookings/${booking}`, { token })).payment?.status !== status; i++) {
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    };

    const paid = await booked({ seats: ["A-1", "A-2"] });
    await pay(paid, "pm_card_visa");
    const failed = await booked({ seats: ["B-1"] });
    await pay(failed, "pm_card_chargeDeclined");
    await settled(failed, "failed");
    await settled(paid, "succeeded");
    const released = await booked({ seats: ["B-2"] });
    await expect(204, "DELETE", `/api/v1/bookings/${released}`, { token });
    const held = await booked({ seats: ["B-3", "B-4"] });

    const lapsedShow = makeShow(smallHall);
    const expired = (await hold(lapsedShow, token, { quantity: 2 })).booking_id;
    letLapse(lapsedShow);

    // Four seats, two by two in others' hands; three buyers wait for them, of whom one has left.
    const fullShow = makeShow({ rows: [{ row: "A", seats: 4 }] });
    const [first, second, waiter, purchaser, leaver] = makeBuyers(5);
    for (const buyer of [first, second]) await hold(fullShow, buyer, { quantity: 2 });
    const wait = async (buyer, wish) => (await expect(201, "POST", `/api/v1/shows/${fullShow}/waitlist`, { token: buyer, json: wish })).body.entry_id;
    const waiting = await wait(waiter, { quantity: 2 });
    const buying = await wait(purchaser, { quantity: 1, tier: "standard", mode: "buy", payment_method: "pm_card_visa" });
    const left = await wait(leaver, { quantity: 1 });
    await expect(204, "DELETE", `/api/v1/waitlist/${left}`, { token: leaver });
    const partly = await booked({ seats: ["C-1", "C-2"] });
    await pay(partly, "pm_card_visa");
    await settled(partly, "succeeded");
    sql(`select sales.refund_booking(k.show_id, k.id, null, 'broken seat', true, '{C-2}') from sales.parse_public_id('bk', '${partly}') as k`);

    await expect(200, "PATCH", `/api/v1/admin/shows/${showId}`, { token: admin, json: { max_seats: 9 } });
    const event = sql(`
        select s.event_id from sales.shows as s inner join catalog.events as e using (event_id)
        where s.starts_at > now() and e.title_zh is not null group by 1 order by count(*) desc, 1 limit 1`);
    const filled = { token: null };
    for (const [name, path, options] of [
        ["home", "/", filled],
        ["city", "/cities/london", filled],
        ["city, a kind", "/cities/london?kind=concert", filled],
        ["search", "/search", filled],
        ["search, found", "/search?q=the&city=london", filled],
        ["search, nothing found", "/search?q=qqqqqqqqqq", filled],
        ["event", `/events/${event}`, filled],
        ["venue", `/venues/${sql(`select venue_id from sales.shows where event_id = ${event} and starts_at > now() limit 1`)}`, filled],
        ["times", "/cities/london/times", filled],
        ["orders", "/orders", { token }],
        ["orders, past", "/orders?when=past", { token }],
        ["terms", "/terms", filled],
        ["privacy", "/privacy", filled],
        ["show", `/shows/${showId}`, { token }],
        ["show, signed out", `/shows/${showId}`, filled],
        ["show, refused", `/shows/${showId}?refused=seats_taken&gone=A-1&keep=A-3`, { token }],
        ["show, sold out", `/shows/${fullShow}`, filled],
        ["show, waiting for it", `/shows/${fullShow}`, { token: waiter }],
        ["show, cannot be waited for", `/shows/${fullShow}?refused=cannot_be_met&quantity=9`, { token }],
        ["show, places", `/shows/${makeShow({ places: 20 })}`, { token }],
        ["show, not yet on sale", `/shows/${makeShow({ ...smallHall, sale_starts_at: "2100-01-01", starts_at: "2100-01-02", ends_at: "2100-01-03" })}`, filled],
        ["show, closed", `/shows/${makeShow({ ...smallHall, status: "closed" })}`, filled],
        ["booking, held", `/bookings/${held}`, { token }],
        ["booking, declined", `/bookings/${failed}`, { token }],
        ["booking, paid", `/bookings/${paid}`, { token }],
        ["booking, released", `/bookings/${released}`, { token }],
        ["booking, expired", `/bookings/${expired}`, { token }],
        ["check-in", "/checkin", { token: staff }],
        ["check-in of a show", `/checkin?show_id=${showId}`, { token: staff }],
        ["office, today", "/admin", { token: staff }],
        ["office, orders", "/admin/orders", { token: staff }],
        ["office, orders of a show", `/admin/orders?show_id=${showId}`, { token: staff }],
        ["office, a search that is too short", "/admin/orders?q=a", { token: staff }],
        ["office, audit log", "/admin/audit", { token: admin }],
        ["office, reports", "/admin/reports", { token: admin }],
        ["office, a report", "/admin/reports?name=payment_success", { token: admin }],
        ["office, people", "/admin/people?role=admin", { token: admin }],
        ["office, a person that is the last administrator", "/admin/people?error=role", { token: admin }],
        ["booking, partly given back", `/bookings/${partly}`, { token }],
        ["waiting", `/waitlist/${waiting}`, { token: waiter }],
        ["waiting to buy", `/waitlist/${buying}`, { token: purchaser }],
        ["queue, left", `/waitlist/${left}`, { token: leaver }],
        ["account", "/account", { token }],
        ["account, waiting, with a saved card", "/account", { token: purchaser }],
        ["account, empty", "/account", {}],
        ["login", "/login", filled],
        ["login, refused", "/login?error=wrong_credentials&next=%2Fshows%2F1", filled],
        ["signup", "/signup", filled],
        ["signup, refused", "/signup?error=email", filled],
        ["address to confirm", "/verify?token=abc", filled],
        ["address confirmed", "/verify?done=true", filled],
        ["address not confirmed", "/verify?error=link_expired", filled],
        ["password forgotten", "/forgot", filled],
        ["password forgotten, sent", "/forgot?sent=true", filled],
        ["new password", "/reset?token=abc", filled],
        ["new password, refused", "/reset?error=link_expired", filled],
        ["login, with a new password", "/login?reset=true", filled],
        ["error", "/no/such/page", { token, status: 404 }],
    ]) {
        pages.set(name, { path, status: 200, ...options });
    }
});

const visit = async (page, { path, status }) => assert.equal((await page.goto(path)).status(), status);

// Sizes and colours are apart in the style sheets: two of the four dresses show all of them.
for (const [size, viewport, colorScheme] of [["phone", phone, "light"], ["desk", desk, "dark"]]) {
    test(`every page is accessible and fits on a ${size}, ${colorScheme}`, async () => {
        for (const [name, target] of pages) {
            if (target.status !== 200) continue;
            await withPage({ token: target.token, viewport, colorScheme }, async (page) => {
                await visit(page, target);
                await isAccessible(page);
                await fits(page);
            }).catch((error) => assert.fail(`${name}: ${error.message}`));
        }
    });
}

test("every page is there in Chinese, with no English text left", async () => {
    // What may stand in Latin letters: names, units of money, the language's own name.
    const english = /\b(the|your|seat|seats|search|sign|show|shows|ticket|tickets|pay|hold|from|min|page)\b/i;
    for (const [name, target] of pages) {
        if (name.startsWith("search, found") || name === "event" || name.startsWith("city") || name === "home" || name === "office, today") continue;
        await withPage({ token: target.token, language: "zh", viewport: phone }, async (page) => {
            if (target.status !== 200) return;
            await visit(page, target);
            assert.equal(await page.locator("html").getAttribute("lang"), "zh");
            const text = (await page.locator("body").innerText()).replaceAll(/A Talk for Tests|Testville Odeon|Testville|English|Boxoffice/g, "");
            assert.doesNotMatch(text, english, name);
        });
    }
});

test("the language is chosen by a link and stays", async () => {
    await withPage({ token: null }, async (page) => {
        await page.goto("/cities/london");
        await page.getByRole("link", { name: "中文" }).click();
        await page.getByRole("heading", { level: 1, name: "伦敦正在上演" }).waitFor();
        await page.goto("/");
        await page.getByRole("heading", { level: 1, name: "好座位，正等着您" }).waitFor();
        await page.getByRole("link", { name: "English" }).click();
        await page.getByRole("heading", { level: 1, name: "Your seat is waiting" }).waitFor();
    });
});

test("every page is valid HTML, has one h1 and one form token a form", async () => {
    for (const [name, { path, status, token: session = makeBuyer() }] of pages) {
        const cookies = session ? new Map([["boxoffice_session", session]]) : undefined;
        const { text } = await expect(status, "GET", path, { cookies });
        const report = await validator.validateString(text);
        const faults = report.results.flatMap((result) => result.messages.map((each) => `${each.line}: ${each.ruleId}: ${each.message}`));
        assert.deepEqual(faults, [], name);
        assert.equal(text.match(/<h1/g)?.length, 1, name);
        for (const { action, fields } of formsOf(text)) {
            if (session && text.includes(`method="post" action="${action}"`) && !["/login", "/signup"].includes(action)) {
                assert.ok(fields.csrf, `${name}: ${action}`);
            }
        }
    }
});

test("no link of any page leads nowhere", async () => {
    const seen = new Set();
    for (const { path, status, token: session = makeBuyer() } of pages.values()) {
        if (status !== 200) continue;
        const cookies = session ? new Map([["boxoffice_session", session]]) : undefined;
        const { text } = await expect(200, "GET", path, { cookies });
        for (const [, href] of text.matchAll(/\b(?:href|src)="(\/[^"]*)"/g)) {
            const target = href.replaceAll("&amp;", "&");
            if (seen.has(target) || seen.size > 400) continue;
            seen.add(target);
            const answer = await send("GET", target, { cookies });
            assert.ok(answer.status < 400, `${target} on ${path}: ${answer.status}`);
        }
    }
});

test("a way from the front page to a seat by links alone", async () => {
    await withPage({ token: null, script: false, viewport: phone }, async (page) => {
        await page.goto("/");
        await page.getByRole("link", { name: /^London/ }).click();
        await page.getByRole("link", { name: "Films" }).click();
        await page.locator(".event-card").first().click();
        await page.locator(".show-time:not(.is-closed)").first().click();
        await page.getByRole("heading", { name: "Choose your seats" }).waitFor();
    });
});

test("a misspelt search offers what was meant", async () => {
    const title = sql(`
        select e.title from catalog.events as e
        where e.title ~ '^[A-Z][a-z]{7,}$' and exists (select from sales.shows as s where s.event_id = e.event_id and s.starts_at > now())
        order by 1 limit 1`);
    const misspelt = title.slice(0, 3) + title.slice(4);
    await withPage({ token: null, script: false }, async (page) => {
        await page.goto("/");
        await page.getByRole("main").getByLabel("Search").fill(misspelt);
        await page.getByRole("main").getByRole("button", { name: "Search" }).click();
        await page.locator(".notice a").click();
        await page.getByRole("link", { name: title }).first().waitFor();
    });
});

test("the name and the language of an account are changed, and a bad name is refused", async () => {
    await withPage({ script: false }, async (page) => {
        await page.goto("/account");
        await page.getByLabel("Name").fill("Zoë & Søn");
        await page.getByLabel("Language of your mails").selectOption("zh");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("Saved.").waitFor();
        assert.equal(await page.getByLabel("Name").inputValue(), "Zoë & Søn");
        await page.getByLabel("Name").fill("   ");
        await page.getByRole("button", { name: "Save" }).click();
        assert.match(await page.getByRole("alert").textContent(), /A name has/);
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.getByRole("link", { name: "Sign in" }).first().waitFor();
    });
});

test("a wrong password is said at the form", async () => {
    await withPage({ token: null, script: false }, async (page) => {
        await page.goto("/login?next=%2Faccount");
        await page.getByLabel("E-mail").fill("alice@example.com");
        await page.getByLabel("Password").fill("not this one");
        await page.getByRole("button", { name: "Sign in" }).click();
        assert.match(await page.getByRole("alert").textContent(), /E-mail or password is wrong/);
        await page.getByLabel("E-mail").fill("alice@example.com");
        await page.getByLabel("Password").fill("boxoffice-demo");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("heading", { level: 1, name: "My tickets" }).waitFor();
    });
});

test("the token of a mail's link is told with no further request, so that no log gets it", async () => {
    for (const path of ["/verify", "/reset"]) {
        await withPage({ token: null }, async (page) => {
            const referrers = new Set();
            page.on("request", (request) => request.allHeaders().then(({ referer }) => referer && referrers.add(referer)));
            await page.goto(`${path}?token=secret`);
            await page.getByRole("link", { name: "Sign in" }).first().click();
            await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
            assert.deepEqual([...referrers].filter((each) => each.includes("secret")), []);
        });
    }
});

test("signing in leads to no other site", async () => {
    for (const next of ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\tb"]) {
        const { text } = await expect(200, "GET", `/login?next=${encodeURIComponent(next)}`);
        assert.match(text, /name="next" value="\/"/, next);
    }
});

endInPeace();

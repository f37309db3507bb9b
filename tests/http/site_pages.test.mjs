// Pages that people look for: a venue, a city's times, one's orders; and what search engines read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expect, send } from "../support/client.mjs";
import { hold, makeBuyer, makeShow } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const html = async (path, options) => (await expect(200, "GET", path, options)).text;
const showsOn = (text) => new Set([...text.matchAll(/href="\/shows\/(\d+)"/g)].map(([, id]) => id));
const daysOn = (text) => [...text.matchAll(/\?date=(\d{4}-\d\d-\d\d)"/g)].map(([, day]) => day);

test("a venue's page has the shows of each day, and of no other venue", async () => {
    // Of the demo data: other tests make venues with many shows on one day.
    const venue = sql(`
        select s.venue_id from sales.shows as s inner join catalog.cities as c using (city_id)
        where c.slug = 'london' and s.starts_at > now() and s.status = 'on_sale' group by 1 order by count(*) desc, 1 limit 1`);
    const text = await html(`/venues/${venue}`);
    const days = daysOn(text);
    assert.ok(days.length > 1);
    const seen = new Set();
    for (const day of days) for (const id of showsOn(await html(`/venues/${venue}?date=${day}`))) seen.add(id);
    const expected = sql(`
        select string_agg(show_id::text, ',') from sales.shows
        where venue_id = ${venue} and status in ('on_sale', 'closed') and starts_at > now() and starts_at < now() + interval '60 days'`).split(",");
    assert.deepEqual([...seen].sort(), expected.sort());
    assert.match(text, /openstreetmap\.org\/directions\?to=/);
    assert.equal((await send("GET", "/venues/999999999")).status, 404);
    assert.match(await html(`/venues/${venue}?lang=zh`), /路线/);
});

test("a city's times name each venue where something plays on that day", async () => {
    const text = await html("/cities/london/times");
    const [day] = daysOn(text);
    const venues = sql(`
        select string_agg(distinct s.venue_id::text, ',') from sales.shows as s inner join catalog.cities as c using (city_id)
        where c.slug = 'london' and s.status in ('on_sale', 'closed') and s.starts_at > now() and (s.starts_at at time zone c.timezone)::date = '${day}'`).split(",");
    for (const venue of venues.slice(0, 10)) assert.match(text, new RegExp(`href="/venues/${venue}"`));
    assert.ok(showsOn(text).size > 0);
    assert.equal((await send("GET", "/cities/atlantis/times")).status, 404);
});

test("orders of shows to come and of those that are over are apart", async () => {
    const token = makeBuyer();
    const next = makeShow({ rows: [{ row: "A", seats: 4 }] });
    const over = makeShow({ rows: [{ row: "A", seats: 4 }] });
    const { booking_id: coming } = await hold(next, token, { quantity: 1 });
    const { booking_id: past } = await hold(over, token, { quantity: 1 });
    sql(`
        update sales.shows set starts_at = now() - interval '5 hours', ends_at = now() - interval '3 hours' where show_id = ${over}`);
    const upcoming = await html("/orders", { token });
    assert.ok(upcoming.includes(coming) && !upcoming.includes(past));
    const gone = await html("/orders?when=past", { token });
    assert.ok(gone.includes(past) && !gone.includes(coming));
    assert.equal((await send("GET", "/orders?when=never", { token })).status, 400);
    assert.equal((await send("GET", "/orders")).status, 303);
    assert.ok((await html("/account", { token })).includes(past));
});

test("the sitemap names cities, venues and what plays, once each, and every address answers", async () => {
    const { text, headers } = await expect(200, "GET", "/sitemap.xml");
    assert.match(headers["content-type"], /^application\/xml/);
    assert.equal(headers["content-disposition"], undefined);
    const paths = [...text.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, address]) => new URL(address).pathname);
    assert.equal(new Set(paths).size, paths.length);
    const count = (pattern) => paths.filter((path) => pattern.test(path)).length;
    assert.equal(`${count(/^\/venues\/\d+$/)}`, sql("select count(*) from catalog.venues"));
    assert.ok(count(/^\/events\/\d+$/) >= 100);
    for (const pattern of [/^\/$/, /^\/cities\/[a-z-]+$/, /^\/cities\/[a-z-]+\/times$/, /^\/venues\//, /^\/events\//]) await html(paths.find((path) => pattern.test(path)));
    assert.equal((await send("GET", "/sitemap.xml?part=2")).status, 404);
    assert.equal((await send("GET", "/sitemap.xml?part=0")).status, 400);
});

test("public pages name their address in each language, and pages with a secret in theirs do not", async () => {
    const text = await html("/cities/london?kind=film");
    assert.match(text, /<link rel="canonical" href="https?:\/\/[^"]*\/cities\/london\?[^"]*lang=en/);
    assert.match(text, /<link rel="alternate" hreflang="zh" href="https?:\/\/[^"]*\/cities\/london\?[^"]*lang=zh/);
    assert.doesNotMatch(await html("/verify?token=secret"), /rel="canonical"/);
    for (const path of ["/terms", "/privacy"]) {
        assert.match(await html(path), /<h1>/);
        assert.match(await html(`${path}?lang=zh`), /\p{Script=Han}/u);
    }
});

endInPeace();

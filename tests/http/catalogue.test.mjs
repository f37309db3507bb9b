// Finding something to see: every reading endpoint of the contract on the demo data, its shape, filters, order and pages, and how
// its answers may be kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, expect, get, refused, send } from "../support/client.mjs";
import { hold, letLapse, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, server, sql } from "../support/instance.mjs";
import { hasShape, isList } from "../support/shape.mjs";

const endInPeace = endsInPeace();

const city = { city_id: "id", name: "string", country: "string", timezone: "string", latitude: "number", longitude: "number", venue_count: "integer" };
const venue = { venue_id: "id", name: "string", latitude: "number", longitude: "number", city_id: "id" };
const event = { event_id: "id", kind: "string", title: "string", duration_minutes: "integer", rating: "string?", poster_url: "url?" };
const listedEvent = { ...event, next_show_at: "time" };
const listedShow = {
    show_id: "id", hall: { hall_id: "id", name: "string" }, starts_at: "time", admission: "string", price_from: "money", seats_available: "integer", status: "string",
};
const ids = (items, name) => items.map((item) => item[name]);
const cities = (await get("/api/v1/cities")).items;
const london = cities.find(({ name }) => name === "London");

// All items of a list, page by page.
async function all(path) {
    const items = [];
    for (let page = 1; ; ++page) {
        const answer = await get(`${path}${path.includes("?") ? "&" : "?"}page=${page}`);
        items.push(...answer.items);
        if (items.length >= answer.total) return items;
        assert.ok(answer.items.length > 0);
    }
}

test("the demo data is what the contract promises", async () => {
    const counts = Object.fromEntries(
        Object.entries({
            cities: ["catalog.cities", 5],
            venues: ["catalog.venues", 20],
            halls: ["catalog.halls", 60],
            events: ["catalog.events", 200],
            shows: ["sales.shows where status = 'on_sale' and starts_at between now() and now() + interval '15 days'", 2000],
            "halls of 10,000 places": ["catalog.halls as h where admission = 'general' and capacity >= 10000 and exists (select from sales.shows as s where s.hall_id = h.hall_id and s.starts_at > now())", 1],
            "halls of 2,000 seats": ["catalog.halls as h where admission = 'seated' and capacity >= 2000 and exists (select from sales.shows as s where s.hall_id = h.hall_id and s.starts_at > now())", 1],
            "venues at one point": ["(select from catalog.venues group by latitude, longitude having count(*) > 1) as v", 0],
        }).map(([name, [from, least]]) => [name, { is: Number(sql(`select count(*) from ${from}`)), least }]),
    );
    for (const [name, { is, least }] of Object.entries(counts)) assert.ok(least ? is >= least : is === 0, `${name}: ${is}`);
    for (const [login, role] of [["alice", "customer"], ["bob", "customer"], ["staff", "staff"], ["admin", "admin"]]) {
        const json = { email: `${login}@example.com`, password: "boxoffice-demo" };
        assert.equal((await expect(200, "POST", "/api/v1/login", { json })).body.user.role, role);
    }
});

test("cities have their place, time zone and number of venues", async () => {
    const list = await get("/api/v1/cities");
    isList(list, city);
    for (const { timezone, country } of list.items) {
        assert.doesNotThrow(() => new Intl.DateTimeFormat("en", { timeZone: timezone }));
        assert.match(country, /^[A-Z]{2}$/);
    }
    assert.equal(london.venue_count, (await get(`/api/v1/venues?city_id=${london.city_id}`)).total);
});

test("lists are paged: at most thirty at a time, none twice, none left out", async () => {
    const firstPage = await get("/api/v1/events?per_page=7");
    isList(firstPage, listedEvent, { perPage: 7 });
    assert.equal(firstPage.items.length, 7);
    const secondPage = await get("/api/v1/events?per_page=7&page=2");
    isList(secondPage, listedEvent, { page: 2, perPage: 7 });
    const everything = ids(await all("/api/v1/events"), "event_id");
    assert.equal(new Set(everything).size, everything.length);
    assert.deepEqual(everything.slice(0, 14), ids([...firstPage.items, ...secondPage.items], "event_id"));
    const beyond = await get("/api/v1/events?page=100000");
    assert.deepEqual([beyond.items, beyond.total], [[], firstPage.total]);
    for (const list of ["cities", "events", "venues", "search"]) {
        await refused(400, "invalid_request", { field: "per_page" }, "GET", `/api/v1/${list}?per_page=31`);
        await refused(400, "invalid_request", { field: "page" }, "GET", `/api/v1/${list}?page=0`);
    }
});

test("events are those that play in the city, of the kind, on the day that it is there", async () => {
    const inLondon = await all(`/api/v1/events?city_id=${london.city_id}`);
    const playing = sql(`
        select distinct event_id from sales.shows
        where city_id = ${london.city_id} and starts_at > now() and status in ('on_sale', 'closed')`).split("\n").map(Number);
    assert.deepEqual(new Set(ids(inLondon, "event_id")), new Set(playing));
    for (const kind of ["film", "concert", "play", "talk"]) {
        const ofKind = await all(`/api/v1/events?kind=${kind}`);
        assert.ok(ofKind.length > 0 && ofKind.every((each) => each.kind === kind), kind);
    }
    const tokyo = cities.find(({ name }) => name === "Tokyo") ?? cities.at(-1);
    const date = new Intl.DateTimeFormat("sv", { timeZone: tokyo.timezone }).format(Date.now() + 3 * 86_400_000);
    const onDay = await all(`/api/v1/events?city_id=${tokyo.city_id}&date=${date}`);
    const expected = sql(`
        select distinct event_id from sales.shows
        where city_id = ${tokyo.city_id} and (starts_at at time zone ${`'${tokyo.timezone}'`})::date = '${date}' and status in ('on_sale', 'closed')`);
    assert.deepEqual(new Set(ids(onDay, "event_id")), new Set(expected.split("\n").map(Number)));
    assert.deepEqual((await get(`/api/v1/events?date=2001-01-01`)).items, []);
    assert.deepEqual((await get(`/api/v1/events?city_id=999999`)).items, []);
});

test("an event has all that is known of it, and the cities where it plays", async () => {
    const [{ event_id }] = (await get(`/api/v1/events?city_id=${london.city_id}&kind=film`)).items;
    const whole = await get(`/api/v1/events/${event_id}`);
    hasShape(whole, { ...event, description: "string", genres: ["string"], people: ["string"], next_show_at: "time" });
    assert.ok(JSON.stringify(whole).includes("London"));
});

test("an event's shows stand by venue, with hall, price and free seats", async () => {
    const [{ event_id }] = (await get(`/api/v1/events?city_id=${london.city_id}&kind=film`)).items;
    const byVenue = await get(`/api/v1/events/${event_id}/shows?city_id=${london.city_id}`);
    isList(byVenue, { venue: { ...venue, distance_km: "number?" }, shows: [listedShow] });
    for (const { venue: place, shows } of byVenue.items) {
        assert.equal(place.city_id, london.city_id);
        const times = ids(shows, "starts_at");
        assert.deepEqual(times, [...times].sort());
        assert.ok(times.every((time) => Date.parse(time) > Date.now()));
    }
    const one = byVenue.items[0].shows[0];
    const show = await get(`/api/v1/shows/${one.show_id}`);
    assert.equal(one.price_from.value, Math.min(...show.tiers.map(({ price }) => price.value)));
    assert.equal(one.seats_available, show.seats_available);

    const near = await get(`/api/v1/events/${event_id}/shows?latitude=51.51&longitude=-0.13&radius_km=30`);
    const distances = near.items.map(({ venue: place }) => place.distance_km);
    assert.ok(distances.length > 0 && distances.every((distance) => distance <= 30));
    assert.deepEqual(distances, [...distances].sort((a, b) => a - b));
    const day = new Intl.DateTimeFormat("sv", { timeZone: london.timezone }).format(Date.parse(one.starts_at));
    const onDay = await get(`/api/v1/events/${event_id}/shows?city_id=${london.city_id}&date=${day}`);
    assert.ok(onDay.items.flatMap(({ shows }) => shows).some(({ show_id }) => show_id === one.show_id));
    for (const { starts_at } of onDay.items.flatMap(({ shows }) => shows)) {
        assert.equal(new Intl.DateTimeFormat("sv", { timeZone: london.timezone }).format(Date.parse(starts_at)), day);
    }
});

// Great-circle distance in kilometres.
function distance(a, b) {
    const [lat1, lon1, lat2, lon2] = [a.latitude, a.longitude, b.latitude, b.longitude].map((degrees) => (degrees * Math.PI) / 180);
    const h = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2;
    return 2 * 6378.168 * Math.asin(Math.sqrt(h));
}

test("venues around a point are those within the radius, the nearest first, at their true distance", async () => {
    const point = { latitude: 51.5074, longitude: -0.1278 };
    const everything = await all("/api/v1/venues");
    for (const radius of [1, 5, 400, 20_000]) {
        const found = await all(`/api/v1/venues?latitude=${point.latitude}&longitude=${point.longitude}&radius_km=${radius}`);
        const expected = everything.filter((each) => distance(point, each) <= radius);
        assert.deepEqual(new Set(ids(found, "venue_id")), new Set(ids(expected, "venue_id")), `within ${radius} km`);
        found.forEach((each, n) => {
            assert.ok(Math.abs(each.distance_km - distance(point, each)) < 0.02, `${each.name}: ${each.distance_km}`);
            assert.ok(n === 0 || found[n - 1].distance_km <= each.distance_km);
        });
    }
    isList(await get("/api/v1/venues"), { ...venue, distance_km: "number?" });
});

test("a venue has its halls", async () => {
    const [{ venue_id }] = (await get(`/api/v1/venues?city_id=${london.city_id}`)).items;
    hasShape(await get(`/api/v1/venues/${venue_id}`), { venue, halls: [{ hall_id: "id", name: "string", admission: "string", capacity: "integer" }] });
});

// ---- search ----

const search = (query) => get(`/api/v1/search?${new URLSearchParams(query)}`);
const titles = ({ items }) => ids(items, "title");
const foundEvent = { ...listedEvent, shows: [{ show_id: "id", starts_at: "time", venue: "string", city: "string" }] };

test("search finds by a word, by the beginning of a word, by people, and by a Chinese title or a part of it", async () => {
    const [title, titleZh, eventId] = sql(`
        select e.title, e.title_zh, e.event_id from catalog.events as e
        where e.title ~ '^[A-Z][a-z]{7,}$' and length(e.title_zh) >= 3
            and exists (select from sales.shows as s where s.event_id = e.event_id and s.starts_at > now() and s.status = 'on_sale')
        order by e.event_id limit 1`).split("|");
    for (const q of [title, title.toUpperCase(), title.slice(0, 6), titleZh, titleZh.slice(0, 2), titleZh.slice(1)]) {
        const found = await search({ q });
        isList(found, foundEvent);
        assert.ok(ids(found.items, "event_id").includes(Number(eventId)), `${q}: ${titles(found)}`);
    }
    const person = sql(`
        select e.people[1] from catalog.events as e
        where cardinality(e.people) > 0 and exists (select from sales.shows as s where s.event_id = e.event_id and s.starts_at > now())
        order by e.event_id limit 1`);
    assert.ok((await search({ q: person })).total > 0, person);
});

test("a misspelt title is found, or what was meant is suggested, and the suggestion finds it", async () => {
    const found = sql(`
        select e.title from catalog.events as e
        where e.title ~ '^[A-Z][a-z]{7,}$' and exists (select from sales.shows as s where s.event_id = e.event_id and s.starts_at > now())
        order by e.event_id limit 5`).split("\n");
    for (const title of found) {
        const q = title.slice(0, 4) + title.slice(5);
        const answer = await search({ q, spellcheck: true });
        assert.equal(answer.suggestion?.toLowerCase(), title.toLowerCase(), `${q} for ${title}`);
        assert.ok(titles(await search({ q: answer.suggestion })).includes(title));
        assert.equal("suggestion" in (await search({ q })), false, "only who asks is given one");
    }
    assert.equal("suggestion" in (await search({ q: found[0], spellcheck: true })), false);
});

test("search narrows by city, kind, postal code, point and time", async () => {
    const inCity = await search({ city_id: london.city_id });
    assert.ok(inCity.total > 0);
    for (const { shows } of inCity.items) assert.ok(shows.every((show) => show.city === "London"));
    assert.equal((await search({ city: "london" })).total, inCity.total);
    assert.equal((await search({ city: "Atlantis" })).total, 0);
    for (const { kind } of (await search({ kind: "concert" })).items) assert.equal(kind, "concert");
    const [postal] = sql("select split_part(postal_code, ' ', 1) from catalog.venues where city_id = " + london.city_id + " and postal_code is not null order by 1 limit 1").split("\n");
    const byPostal = await search({ postal_code: postal.toLowerCase() });
    assert.ok(byPostal.total > 0 && byPostal.total <= inCity.total);
    const near = await search({ lat_long: "51.5074,-0.1278", radius_km: 20, sort: "distance" });
    assert.ok(near.total > 0);
    const distances = ids(near.items, "distance_km");
    assert.deepEqual(distances, [...distances].sort((a, b) => a - b));
    assert.ok(distances.every((km) => km <= 20));
    const start = new Date(Date.now() + 2 * 86_400_000);
    const end = new Date(Date.now() + 3 * 86_400_000);
    const inTime = await search({ start_datetime: start.toISOString(), end_datetime: end.toISOString() });
    assert.ok(inTime.total > 0);
    for (const { shows } of inTime.items) {
        for (const { starts_at } of shows) assert.ok(Date.parse(starts_at) > start && Date.parse(starts_at) <= end, starts_at);
    }
});

test("search sorts by each key, either way, and by combinations", async () => {
    const lower = (found) => titles(found).map((title) => title.toLowerCase());
    const byName = lower(await search({ sort: "name" }));
    const collated = sql(`select t from unnest(array[${byName.map((title) => `'${title.replaceAll("'", "''")}'`)}]) as t order by t collate "und-x-icu"`).split("\n");
    assert.deepEqual(byName, collated);
    assert.deepEqual(byName, lower(await search({ sort: "name,asc" })));
    const reversed = lower(await search({ sort: "name,desc" }));
    assert.ok(reversed[0] > byName[0]);
    const dates = ids((await search({ sort: "date" })).items, "next_show_at");
    assert.deepEqual(dates, [...dates].sort());
    const latest = ids((await search({ sort: "date,desc" })).items, "next_show_at");
    assert.deepEqual(latest, [...latest].sort().reverse());
    const twoKeys = (await search({ sort: "date,asc,name,desc" })).items;
    twoKeys.forEach((item, n) => {
        const last = twoKeys[n - 1];
        assert.ok(n === 0 || last.next_show_at < item.next_show_at || (last.next_show_at === item.next_show_at && last.title.toLowerCase() >= item.title.toLowerCase()));
    });
    for (const sort of ["name,date,asc", "relevance", "relevance,desc,name,asc", "date,desc,name"]) assert.ok((await search({ q: "the", sort })).total > 0, sort);
    assert.ok((await search({ q: "the", sort: "distance,desc,name", lat_long: "0,0" })).total > 0);
    for (const sort of ["", "asc", "name,name", "name,up", "price", "name,,date", ",", "name;date"]) {
        const answer = await send("GET", `/api/v1/search?sort=${encodeURIComponent(sort)}`);
        assert.equal(answer.status, sort === "" ? 200 : 400, sort);
    }
});

// ---- shows ----

test("a show has its event, venue, hall, times, tiers and counts", async () => {
    const showId = makeShow({ ...smallHall, max_seats: 6 });
    const show = await get(`/api/v1/shows/${showId}`);
    hasShape(show, {
        show_id: "id", event, venue, hall: { hall_id: "id", name: "string" }, starts_at: "time", ends_at: "time", admission: "string", status: "string",
        sale_starts_at: "time", tiers: [{ tier: "string", price: "money" }], seats_total: "integer", seats_available: "integer", seats_held: "integer",
        max_seats: "integer", hold_seconds: "integer", waitlist_open: "boolean", waiting_room: "boolean",
    });
    assert.deepEqual(
        [show.admission, show.status, show.seats_total, show.seats_available, show.seats_held, show.max_seats, show.hold_seconds, show.waitlist_open],
        ["seated", "on_sale", 24, 24, 0, 6, 300, false],
    );
    assert.deepEqual(show.tiers, [
        { tier: "standard", price: { value: 1200, currency: "EUR" } },
        { tier: "premium", price: { value: 1500, currency: "EUR" } },
    ]);
    assert.equal(Date.parse(show.ends_at) - Date.parse(show.starts_at), 90 * 60_000);
    await hold(showId, makeBuyer(), { seats: ["A-1", "B-1"] });
    const after = await eventually(() => get(`/api/v1/shows/${showId}`), ({ seats_held }) => seats_held === 2, 3);
    assert.equal(after.seats_available, 22);
});

test("the layout has every seat in its place, and the states one character each in its order", async () => {
    const showId = makeShow(smallHall);
    const layout = await get(`/api/v1/shows/${showId}/layout`);
    hasShape(layout, {
        version: "integer",
        rows: [{ row: "string", seats: [{ seat: "string", number: "integer", x: "number", y: "number", tier: "string", accessible: "boolean" }] }],
    });
    assert.deepEqual(layout.rows.map(({ row, seats }) => [row, seats.length]), [["A", 8], ["B", 8], ["C", 8]]);
    const seats = layout.rows.flatMap((row) => row.seats);
    assert.deepEqual(seats.slice(0, 8).map(({ accessible }) => accessible), [true, false, false, false, false, false, false, true]);
    assert.equal(seats[4].x - seats[3].x, 2, "the aisle is one seat wide");
    assert.ok(seats.slice(16).every(({ tier }) => tier === "premium"));
    assert.equal(new Set(seats.map(({ x, y }) => `${x} ${y}`)).size, 24);

    const before = await get(`/api/v1/shows/${showId}/seats`);
    hasShape(before, { show_id: "id", version: "integer", available: "integer", states: "string" });
    assert.deepEqual([before.available, before.states], [24, "a".repeat(24)]);
    await hold(showId, makeBuyer(), { seats: ["A-2"] });
    sql(`update sales.show_seats set status = 'blocked' where show_id = ${showId} and seat = 'C-8'`);
    const during = await eventually(() => get(`/api/v1/shows/${showId}/seats`), ({ version }) => version > before.version, 3);
    assert.deepEqual([during.available, during.states], [22, `ah${"a".repeat(21)}b`]);
    letLapse(showId);
    const after = await eventually(() => get(`/api/v1/shows/${showId}/seats`), ({ version }) => version > during.version, 3);
    assert.deepEqual([after.available, after.states], [23, `${"a".repeat(23)}b`]);
});

test("the seats of every demo hall lie beside each other and not on each other", async () => {
    const halls = sql("select min(show_id) from sales.shows where starts_at > now() and admission = 'seated' and status = 'on_sale' group by hall_id").split("\n");
    assert.ok(halls.length >= 50);
    for (const showId of halls) {
        const [layout, states] = await Promise.all([get(`/api/v1/shows/${showId}/layout`, { base: server }), get(`/api/v1/shows/${showId}/seats`, { base: server })]);
        const seats = layout.rows.flatMap((row) => row.seats);
        assert.equal(seats.length, states.states.length);
        assert.match(states.states, /^[ahsb]+$/);
        assert.equal(new Set(seats.map(({ seat }) => seat)).size, seats.length);
        assert.equal(new Set(seats.map(({ x, y }) => `${x} ${y}`)).size, seats.length);
        for (const { seats: row } of layout.rows) row.forEach(({ x }, n) => assert.ok(n === 0 || x >= row[n - 1].x + 1, `show ${showId}`));
    }
});

test("places that are all alike have a layout without rows, and states all the same", async () => {
    const showId = makeShow({ places: 30 });
    assert.deepEqual((await get(`/api/v1/shows/${showId}/layout`)).rows, []);
    const states = await get(`/api/v1/shows/${showId}/seats`);
    assert.deepEqual([states.available, states.states.length], [30, 30]);
});

// ---- how answers may be kept ----

test("what is public has an ETag, by which a repeat is 304 without a body, and the gateway keeps it for a moment", async () => {
    const showId = makeShow(smallHall);
    for (const path of ["/api/v1/cities", "/api/v1/events", `/api/v1/shows/${showId}`, `/api/v1/shows/${showId}/layout`, `/api/v1/shows/${showId}/seats`, "/", `/shows/${showId}`]) {
        for (const base of [gateway, server]) {
            const first = await expect(200, "GET", path, { base });
            assert.match(first.headers["cache-control"], /public/);
            assert.match(first.headers.vary, /Authorization/i);
            assert.ok(first.headers.etag, path);
            const again = await expect(304, "GET", path, { base, headers: { "If-None-Match": first.headers.etag } });
            assert.equal(again.text, "");
            await expect(200, "GET", path, { base, headers: { "If-None-Match": '"other"' } });
        }
    }
    const direct = await expect(200, "GET", "/api/v1/cities", { base: server });
    assert.match(direct.headers["x-accel-expires"], /^\d+$/);
    assert.equal((await expect(200, "GET", "/api/v1/cities")).headers["x-accel-expires"], undefined);
});

test("a kept page is in the language that its reader asks for, whatever cookies others send", async () => {
    for (const odd of ["BOXOFFICE_LANG=en; boxoffice_lang=zh", "a=b,boxoffice_lang=en; boxoffice_lang=zh"]) {
        const path = `/shows/${makeShow(smallHall)}`;
        await expect(200, "GET", path, { headers: { Cookie: odd } });
        assert.match((await expect(200, "GET", path, { headers: { Cookie: "boxoffice_lang=en" } })).text, /<html lang="en"/);
        const chosen = { headers: { Cookie: "boxoffice_lang=zh" } };
        const page = await expect(200, "GET", path, chosen);
        assert.match(page.text, /<html lang="zh"/);
        assert.match(page.headers["cache-control"], /public/);
        assert.match((await expect(200, "GET", path, { headers: { "Accept-Language": "en" } })).text, /<html lang="en"/);
    }
});

test("what is of one person is kept by nobody", async () => {
    const token = makeBuyer();
    const showId = makeShow(smallHall);
    const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
    for (const path of ["/api/v1/me", "/api/v1/bookings", `/api/v1/bookings/${booking_id}`, "/api/v1/cities", `/api/v1/shows/${showId}/seats`]) {
        const answer = await expect(200, "GET", path, { token });
        assert.match(answer.headers["cache-control"], /no-store/, path);
        assert.equal(answer.headers.etag, undefined, path);
    }
    const cookies = new Map([["boxoffice_session", token]]);
    for (const path of ["/", `/shows/${showId}`, "/account"]) {
        const page = await expect(200, "GET", path, { cookies });
        assert.match(page.headers["cache-control"], /no-store/, path);
        assert.match(page.text, /href="\/account"/, path);
        assert.doesNotMatch((await send("GET", path)).text, /href="\/account"/, path);
    }
});

test("a page is kept in the language in which it was asked for", async () => {
    const language = async (headers, path = "/") => /<html lang="([^"]*)"/.exec((await expect(200, "GET", path, { headers })).text)[1];
    for (let times = 0; times < 2; ++times) {
        assert.equal(await language({ "Accept-Language": "zh-CN,zh;q=0.9" }), "zh");
        assert.equal(await language({ "Accept-Language": "en-GB" }), "en");
        assert.equal(await language({}), "en");
        assert.equal(await language({ "Accept-Language": "en" }, "/?lang=zh"), "zh");
        assert.equal(await language({ "Accept-Language": "zh" }, "/?lang=en"), "en");
    }
    // The gateway chooses as the server does.
    for (const [liked, chosen] of [
        ["zh;q=0.5, en;q=0.9", "en"], ["en;q=0.5, zh;q=0.9", "zh"], ["zh;q=0, en", "en"], ["fr, zh;q=0.1", "zh"], ["fr, *;q=0.1", "en"],
        ["en;q=0.12,zh;q=0.125", "zh"], ["en;q=0.8,zh;q=.9", "zh"], ["zh;q=0.10,en;q=0.1", "zh"], ["en;q=0.1,zh;q=0.100", "en"], ["zh;q=0.999,en;q=1.000", "en"],
        ["en;q=0.2, *;q=0.3", "zh"], ["zh-TW ; q=0.3 , en-GB; q=0.29", "zh"], ["zh;q=0", "en"], ["english, zhu", "en"], ["zh;q=2", "en"],
    ]) {
        assert.equal(await language({ "Accept-Language": liked }), chosen, liked);
        assert.match((await expect(200, "GET", "/", { base: server, headers: { "Accept-Language": liked } })).text, new RegExp(`<html lang="${chosen}"`), liked);
    }
    const cookies = new Map();
    await expect(200, "GET", "/?lang=zh", { cookies });
    assert.match((await expect(200, "GET", "/", { cookies })).text, /<html lang="zh/);
    assert.equal(await language({ "Accept-Language": "en" }), "en");
});

endInPeace();

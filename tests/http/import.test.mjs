// The catalogue from a document or CSV, over the API and by ./boxoffice import: all or nothing, each fault with its line.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { expect, get, refused } from "../support/client.mjs";
import { makeStaff } from "../support/house.mjs";
import { endsInPeace, root, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const token = makeStaff();
const scratch = mkdtempSync(join(tmpdir(), "boxoffice-import-"));
after(() => rmSync(scratch, { recursive: true }));

const send = (status, body, query = "") =>
    expect(status, "POST", `/api/v1/admin/import${query}`, { token, body: typeof body === "string" ? body : JSON.stringify(body, null, 1), headers: { "Content-Type": "application/json" } });
const counts = () => sql("select format('%s %s %s %s %s', (select count(*) from catalog.cities), (select count(*) from catalog.venues), (select count(*) from catalog.halls), (select count(*) from catalog.events), (select count(*) from sales.shows))");

function house() {
    const slug = `import-${randomBytes(4).toString("hex")}`;
    const title = `Film ${slug}`;
    return {
        cities: [{ slug, name: `Bergen ${slug}`, country: "BV", timezone: "Europe/Oslo", latitude: -54.4, longitude: 3.3 }],
        venues: [{ city: slug, name: "Kino", address: "Neumanns gate 3", latitude: -54.4, longitude: 3.3 }],
        halls: [{ city: slug, venue: "Kino", name: "1", rows: [{ row: "A", seats: 4 }] }, { city: slug, venue: "Kino", name: "2", places: 50 }],
        events: [{ kind: "film", title, duration_minutes: 100, genres: ["drama"] }],
        shows: [
            { city: slug, venue: "Kino", hall: "1", event: title, starts_at: "2031-01-31T20:00:00+01:00", prices: { standard: 16000 }, currency: "NOK" },
            { city: slug, venue: "Kino", hall: "2", event: title, starts_at: "2031-01-31T20:00:00+01:00", prices: { standard: 9000 }, currency: "NOK" },
        ],
    };
}

test("a document makes city, venue, halls, event and shows that can be bought, and a second time nothing new", async () => {
    const document = house();
    const { slug } = document.cities[0];
    const before = counts();
    const dry = await send(200, document, "?dry_run=true");
    assert.deepEqual(dry.body.created, { cities: 1, venues: 1, halls: 2, events: 1, shows: 2 });
    assert.equal(counts(), before);

    const { body } = await send(200, document);
    assert.deepEqual(body, { dry_run: false, created: { cities: 1, venues: 1, halls: 2, events: 1, shows: 2 }, updated: {}, unchanged: {} });
    const { items } = await get(`/api/v1/search?q=${encodeURIComponent(document.events[0].title)}`);
    assert.deepEqual(items.map((item) => item.title), [document.events[0].title]);

    document.venues[0].address = "Neumanns gate 4";
    const again = await send(200, document);
    assert.deepEqual(again.body, { dry_run: false, created: {}, updated: { cities: 1, venues: 1, events: 1 }, unchanged: { halls: 2, shows: 2 } });
    assert.equal(sql(`select v.address from catalog.venues as v inner join catalog.cities as c using (city_id) where c.slug = '${slug}'`), "Neumanns gate 4");
});

test("faults are named with list, line and field, and nothing is imported", async () => {
    const before = counts();
    const document = house();
    document.venues[0].latitude = "north";
    document.halls[1].places = 0;
    document.shows[0].currency = "XXX";
    const text = JSON.stringify(document, null, 1);
    const line = (pattern) => text.slice(0, text.search(pattern)).split("\n").length;
    const answer = await send(400, text);
    assert.deepEqual([answer.body.code, answer.body.field], ["invalid_request", "body"]);
    const [venue] = answer.body.faults;
    assert.deepEqual(venue, { list: "venues", line: line(/\{\s*"city": "[^"]*",\s*"name": "Kino"/), field: "latitude", detail: "It is a number." });
    assert.ok(answer.body.faults.length >= 3);
    assert.equal(counts(), before);

    for (const [body, field, faultLine] of [
        ['{"cities": [\n  {"slug": "x",,}]}', "body", 2],
        ["[]", "body"],
        ["", "body"],
        ['{"films": []}', "films"],
        ['{"cities": {}}', "cities"],
    ]) {
        const { body: problem } = await send(400, body);
        assert.equal(problem.field, field, body);
        if (faultLine) assert.equal(problem.faults[0].line, faultLine);
    }
    const faultOf = async (what, item) => (await send(400, { [what]: [item] })).body.faults[0];
    assert.equal((await faultOf("cities", { ...house().cities[0], mayor: "x" })).field, "mayor");
    assert.equal((await faultOf("cities", { slug: "nowhere-at-all" })).field, "name");
    assert.equal((await faultOf("venues", { ...house().venues[0], city: "atlantis" })).field, "city");
    assert.equal((await faultOf("shows", { ...house().shows[0], city: "london", venue: "Nowhere" })).field, "venue");
    assert.equal((await faultOf("cities", 7)).field, "cities");
    const film = { kind: "film", title: "Never imported", duration_minutes: 90 };
    assert.equal((await faultOf("events", { ...film, duration_minutes: 99999999999 })).field, "duration_minutes");
    assert.equal((await faultOf("events", { ...film, genres: { a: 1 } })).field, "genres");
    // What PostgreSQL cannot read is a fault of its line, too.
    assert.match((await faultOf("events", { ...film, released_on: "2023-02-31" })).detail, /2023-02-31/);
    assert.equal((await faultOf("halls", { ...house().halls[0], city: "london", rows: 7 })).line > 0, true);
    assert.equal(counts(), before);
});

test("CSV has its first line for the fields, quotes, and lines that are counted", async () => {
    const { cities, venues, halls, events, shows } = house();
    await send(200, { cities, venues, halls, events });
    const csv = `city,venue,hall,event,starts_at,prices,currency\r\n`
        + shows.map((show) => `${show.city},Kino,${show.hall},"${show.event}",${show.starts_at},standard=12000,NOK\r\n`).join("");
    assert.deepEqual((await send(200, csv, "?what=shows")).body.created, { shows: 2 });

    const slug = cities[0].slug;
    const text = `name,city,address,latitude,longitude\n"The ""Old""\nHouse",${slug},"1, Way",1,1\nBarn,${slug},2 Way,north,1\n`;
    assert.deepEqual((await send(400, text, "?what=venues")).body.faults.map(({ line, field }) => [line, field]), [[2, "name"], [4, "latitude"]]);
    const good = `name,city,address,latitude,longitude\n"The ""Old"", House",${slug},"1, Way",1,1\n\nBarn,${slug},2 Way,2,1`;
    assert.deepEqual((await send(200, `\uFEFF${good}`, "?what=venues")).body.created, { venues: 2 });
    assert.equal(sql(`select string_agg(v.name, ';' order by v.name) from catalog.venues as v inner join catalog.cities as c using (city_id) where c.slug = '${slug}' and v.name <> 'Kino'`), 'Barn;The "Old", House');
    assert.equal((await send(400, "name,mayor\nx,y", "?what=cities")).body.faults[0].field, "mayor");
    assert.equal((await send(400, "name,slug\nx\n", "?what=cities")).body.faults[0].line, 2);
    await refused(400, "invalid_request", { field: "body" }, "POST", "/api/v1/admin/import?what=cities", { token, body: 'name,slug\nx"y,z\n' });
    await refused(400, "invalid_request", { field: "what" }, "POST", "/api/v1/admin/import?what=users", { token, body: "name\nx" });
});

test("./boxoffice import reads a file, says what was done, and names the lines that are wrong", () => {
    const run = (...options) => {
        const { status, stdout, stderr } = spawnSync(join(root, "boxoffice"), ["import", ...options], { encoding: "utf8" });
        return { code: status, text: stdout + stderr };
    };
    const document = join(scratch, "catalogue.json");
    writeFileSync(document, JSON.stringify(house()));
    const before = counts();
    assert.match(run(document, "--dry-run").text, /nothing was written[\s\S]*created shows: 2/);
    assert.equal(counts(), before);
    const done = run(document);
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /^created cities: 1$/m);
    const cities = join(scratch, "cities.csv");
    writeFileSync(cities, "slug,name,country,timezone,latitude,longitude\nx-y,X,NO,Europe/Nowhere,1,1\n");
    const wrong = run(cities);
    assert.equal(wrong.code, 1);
    assert.match(wrong.text, /nothing was imported\ncities line 2: timezone: /);
    for (const [options, message] of [[["/no/such/file"], /there is no file/], [[], /usage/], [[document, "--fast"], /unknown option/], [[cities, "--what", "users"], /what: /]]) {
        const { code, text } = run(...options);
        assert.notEqual(code, 0);
        assert.match(text, message);
    }
});

endInPeace();

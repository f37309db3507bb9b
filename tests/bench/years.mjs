// Ten years of history: A, an instance whose archive and whose table of shows are full of it; B, one beside it without. Holds are
// measured in turn, by pgbench in each database. What else a day of selling does is timed in both and told beside it:
// a purchase, the home page from the server, each report.
// As much of the archive is written as fits into BOXOFFICE_BENCH_HISTORY_SECONDS (default 240); the result says how much that was.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = process.env.BOXOFFICE_ROOT;
const seconds = Number(process.env.BOXOFFICE_BENCH_SECONDS ?? 2);
const historySeconds = Number(process.env.BOXOFFICE_BENCH_HISTORY_SECONDS ?? 240);
const turns = 5;
const [showCount, chunk, hallCount] = [2_000_000, 2_000, 70];
const say = (text) => process.stderr.write(`${text}\n`);

// ---- two instances ----

const withHistory = { home: process.env.BOXOFFICE_HOME, database: process.env.BOXOFFICE_DATABASE_URL, server: process.env.BOXOFFICE_SERVER_URL };

function startOther() {
    const home = `${withHistory.home}-empty`;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(BOXOFFICE|STRIPE)_/.test(name)));
    Object.assign(env, { BOXOFFICE_HOME: home, BOXOFFICE_BUILD_DIR: process.env.BOXOFFICE_BUILD_DIR });
    const script = (...args) => execFileSync(join(root, "boxoffice"), args, { env, encoding: "utf8" });
    script("up", "--detach");
    const settings = readFileSync(join(home, "run", "env"), "utf8");
    const value = (name) => new RegExp(`^export ${name}=(.*)$`, "m").exec(settings)[1].replace(/\\(.)/g, "$1");
    return {
        home,
        database: `${value("BOXOFFICE_DATABASE_URL")}&user=postgres`,
        server: `http://${value("BOXOFFICE_SERVER_LISTEN")}`,
        stop: () => {
            script("down");
            execFileSync("rm", ["-rf", home]);
        },
    };
}

function sql(instance, text, variables = {}) {
    const set = Object.entries(variables).flatMap(([name, value]) => ["-v", `${name}=${value}`]);
    const run = spawnSync("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", ...set, "-d", instance.database, "-f", "-"], { input: text, encoding: "utf8", maxBuffer: 1 << 26 });
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout.trim();
}

// ---- history ----

function writeHistory(instance) {
    const [eventId, base] = sql(instance, `
        create schema bench_years;
        create table bench_years.halls as
        select (row_number() over () - 1)::integer as hall_no, catalog.create_hall(v.venue_id, 'Years ' || k.n, '[{"row": "A", "seats": 1}]', null) as hall_id, v.venue_id, v.city_id
        from (select * from catalog.venues order by venue_id limit 1) as v
        cross join generate_series(1, ${hallCount}) as k (n);
        grant usage on schema bench_years to public;
        select e.event_id, (select max(show_id) + 1 from sales.shows) from catalog.events as e order by 1 limit 1`).split("|").map(Number);
    const text = readFileSync(join(root, "tests/bench/history.sql"), "utf8");
    const until = Date.now() + historySeconds * 1000;
    let written = 0;
    let archived = 0;
    while (written < showCount) {
        const rows = Date.now() < until ? 1 : 0;
        const count = rows ? chunk : Math.min(100_000, showCount - written);
        sql(instance, text, { event_id: eventId, base, first: base + written, count, rows });
        written += count;
        if (rows) archived += count;
        if (rows && (written / chunk) % 20 === 0) say(`${archived * 200} archived seats`);
    }
    sql(instance, `
        select setval(pg_get_serial_sequence('sales.shows', 'show_id'), (select max(show_id) from sales.shows));`);
    return { shows: written, archived_seats: archived * 200, archived_tickets: archived * 120 };
}

// ---- what is measured ----

function makeShows(instance, count) {
    return Number(sql(instance, `
        select min(sales.create_show(e.event_id, catalog.create_hall(v.venue_id, gen_random_uuid()::text, null, 1000), now() + interval '3 days', '{"standard": 1200}', 'EUR'))
        from (select venue_id from catalog.venues order by venue_id limit 1) as v
        cross join (select event_id from catalog.events order by event_id limit 1) as e
        cross join generate_series(1, ${count})`));
}

// Transactions a second of one pgbench run.
function pgbench(instance, script, clients) {
    const file = join(instance.home, "years.pgbench");
    writeFileSync(file, script);
    const run = spawnSync("pgbench", ["-n", "-M", "prepared", "-c", clients, "-j", 2, "-T", seconds, "-f", file, instance.database], { encoding: "utf8" });
    const rate = /^tps = ([\d.]+)/m.exec(run.stdout);
    if (!rate) throw new Error(run.stderr);
    return Number(rate[1]);
}

function holds(instance) {
    const shows = 64;
    const first = makeShows(instance, shows);
    const [low, high] = sql(instance, "select min(user_id), max(user_id) from account.users where email like '%@years.example'").split("|");
    return pgbench(instance, `
\\set show random(${first}, ${first + shows - 1})
\\set buyer random(${low}, ${high})
select * from sales.hold_seats(:show, :buyer, null, 1);
`, 8);
}

function purchases(instance) {
    const first = makeShows(instance, 16);
    const [low, high] = sql(instance, "select min(user_id), max(user_id) from account.users where email like '%@years.example'").split("|");
    return pgbench(instance, `
\\set show random(${first}, ${first + 15})
\\set buyer random(${low}, ${high})
select bench_years.buy(:show, :buyer);
`, 8);
}

function prepare(instance) {
    sql(instance, `
        create schema if not exists bench_years;
        insert into account.users (email, name, password_hash)
        select n || '@years.example', 'Yvonne', '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('B', 43)
        from generate_series(1, 20000) as n;
        create function bench_years.buy(p_show_id bigint, p_user_id bigint) returns void language plpgsql as $$
        declare
            v_booking uuid;
            v_payment uuid;
        begin
            select k.id into v_booking
            from sales.hold_seats(p_show_id, p_user_id, null, 1) as h
            cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k;
            if v_booking is null then
                return;
            end if;
            select k.id into v_payment
            from sales.begin_payment(p_show_id, v_booking, p_user_id, 'pm_card_visa') as a
            cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k;
            perform sales.complete_payment(p_show_id, v_payment, 'pi_' || v_payment);
            perform sales.settle_capture(p_show_id, v_payment);
        end
        $$;
        analyze;`);
}

async function homePages(instance) {
    const until = Date.now() + seconds * 1000;
    let count = 0;
    await Promise.all(Array.from({ length: 8 }, async () => {
        while (Date.now() < until) {
            const answer = await fetch(`${instance.server}/`);
            await answer.text();
            if (answer.status !== 200) throw new Error(`the home page answers ${answer.status}`);
            count += 1;
        }
    }));
    return count / seconds;
}

function reports(instance) {
    const names = sql(instance, "select relname from pg_class where relnamespace = 'report'::regnamespace and relkind = 'v' order by 1").split("\n");
    return Object.fromEntries(names.map((name) => {
        const start = performance.now();
        sql(instance, `set statement_timeout = '120s'; select count(*) from (select * from report.${name} offset 0) as v`);
        return [name, (performance.now() - start) / 1000];
    }));
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const rounded = (value) => Number(value.toPrecision(4));

const other = startOther();
try {
    prepare(other);
    const history = writeHistory(withHistory);
    prepare(withHistory);
    say(`written: ${JSON.stringify(history)}`);
    sql(withHistory, "vacuum analyze");
    const rates = { a: [], b: [] };
    for (let turn = 0; turn < turns; ++turn) {
        rates.a.push(holds(withHistory));
        rates.b.push(holds(other));
        say(`holds: ${rounded(rates.a.at(-1))} ${rounded(rates.b.at(-1))}`);
    }
    const beside = {};
    for (const [name, measure] of [["purchases", purchases], ["home_pages", homePages]]) {
        const both = { a: [], b: [] };
        for (let turn = 0; turn < 3; ++turn) {
            both.a.push(await measure(withHistory));
            both.b.push(await measure(other));
        }
        beside[name] = { a: rounded(median(both.a)), b: rounded(median(both.b)), ratio: rounded(median(both.a.map((a, n) => a / both.b[n]))) };
        say(`${name}: ${JSON.stringify(beside[name])}`);
    }
    const [full, empty] = [reports(withHistory), reports(other)];
    beside.report_seconds = Object.fromEntries(Object.keys(full).map((name) => [name, { a: rounded(full[name]), b: rounded(empty[name]) }]));
    say(JSON.stringify(beside.report_seconds));
    console.log(JSON.stringify({
        name: "years", unit: "holds/s", a: rounded(median(rates.a)), b: rounded(median(rates.b)),
        ratio: rounded(median(rates.a.map((a, n) => a / rates.b[n]))), least: 0.95, ...history, ...beside,
    }));
} finally {
    other.stop();
}

// What who runs it asks of ./boxoffice: backup and restore, doctor, report, version, restart.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { eventually, expect, get } from "../support/client.mjs";
import { hold, makeBuyer, makeShow } from "../support/house.mjs";
import { endsInPeace, root, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const scratch = mkdtempSync(join(tmpdir(), "boxoffice-operate-"));
const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(BOXOFFICE|STRIPE)_/.test(name)));
const elsewhere = { ...own, BOXOFFICE_HOME: join(scratch, "home"), BOXOFFICE_BUILD_DIR: process.env.BOXOFFICE_BUILD_DIR ?? "" };
after(() => {
    boxoffice(["down"], elsewhere);
    rmSync(scratch, { recursive: true, force: true });
});

function boxoffice(options, env = process.env) {
    const run = spawnSync(join(root, "boxoffice"), options, { encoding: "utf8", env });
    return { code: run.status, text: run.stdout + run.stderr, out: run.stdout };
}

function succeeds(options, env) {
    const run = boxoffice(options, env);
    assert.equal(run.code, 0, `${options}: ${run.text}`);
    return run.out;
}

function fails(options, message, env) {
    const run = boxoffice(options, env);
    assert.notEqual(run.code, 0, `${options}`);
    assert.match(run.text, message);
}

test("a backup made while it sells is restored into another home, with tickets, roles and jobs as they were", async () => {
    const buyer = makeBuyer();
    const showId = makeShow({ rows: [{ row: "A", seats: 4 }] });
    const { booking_id: id } = await hold(showId, buyer, { quantity: 2 });
    await expect(202, "POST", `/api/v1/bookings/${id}/payments`, { token: buyer, json: { payment_method: "pm_card_visa" } });
    const booking = await eventually(() => get(`/api/v1/bookings/${id}`, { token: buyer }), ({ status }) => status === "paid");

    const directory = join(scratch, "backup");
    assert.match(succeeds(["backup", directory]), /wrote .* to /);
    assert.deepEqual(readdirSync(directory).sort(), ["SHA256SUMS", "database", "roles.sql", "version"]);
    assert.equal(statSync(directory).mode & 0o077, 0);
    fails(["backup", directory], /exists already/);
    fails(["restore", directory], /it runs in /);

    assert.match(succeeds(["restore", directory], elsewhere), /restored what /);
    succeeds(["up", "--detach", "--empty"], elsewhere);
    const there = (query) => succeeds(["psql", "-XqAt", "-c", query], elsewhere).trim();
    for (const query of [
        `select json_agg(t order by t.seat_no) from sales.tickets as t where t.show_id = ${showId}`,
        "select count(*), min(slug), max(slug) from catalog.cities",
        "select count(*), sum(length(r::text)) from ops.secrets as r",
        "select json_agg(json_build_array(jobname, schedule, command, active) order by jobname) from cron.job",
        "select json_agg(json_build_array(r.rolname, s.setconfig) order by r.rolname) from pg_db_role_setting as s inner join pg_roles as r on r.oid = s.setrole where s.setdatabase = (select oid from pg_database where datname = 'boxoffice')",
        "select array_agg(a::text order by a::text) from pg_database, unnest(datacl) as a where datname = 'boxoffice'",
        `select md5(string_agg(format('%s %s %s', c.oid::regclass, c.relowner::regrole, p.acl), ' ' order by c.oid::regclass::text))
         from pg_class as c cross join lateral (
             select array_agg(a::text order by a::text) as acl from unnest(coalesce(c.relacl, acldefault('r', c.relowner))) as a
         ) as p where c.relnamespace in ('sales'::regnamespace, 'report'::regnamespace) and c.relkind in ('r', 'v')`,
    ]) {
        assert.equal(there(query), sql(query), query);
    }
    const address = /^ready: (\S+)$/m.exec(succeeds(["status"], elsewhere))[1];
    assert.deepEqual(
        (await expect(200, "GET", `/api/v1/bookings/${id}`, { base: address, token: buyer })).body.tickets.map((ticket) => ticket.code),
        booking.tickets.map((ticket) => ticket.code),
    );

    // Doctor finds nothing there but what is the machine's, and restart keeps the address.
    assert.match(succeeds(["doctor"], elsewhere), /^ok +\d+ pg_cron jobs run$/m);
    succeeds(["restart"], elsewhere);
    assert.equal(/^ready: (\S+)$/m.exec(succeeds(["status"], elsewhere))[1], address);

    succeeds(["down"], elsewhere);
    fails(["restore", directory], /has a database already; --replace puts it aside/, elsewhere);
    const roles = join(directory, "roles.sql");
    appendFileSync(roles, "-- \n");
    fails(["restore", directory, "--replace"], /is not what was written: .*roles\.sql/, elsewhere);
    fails(["restore", join(scratch, "nowhere")], /there is no directory/, elsewhere);
    fails(["restore", scratch], /is no backup/, elsewhere);
    fails(["doctor"], /nothing runs in /, elsewhere);
});

test("doctor shows a transaction that is left open and a lock that others wait for", async () => {
    const url = process.env.BOXOFFICE_DATABASE_URL;
    const session = (text) => spawn("psql", ["-XqAt", "-d", url, "-c", text], { env: { ...process.env, PGUSER: "postgres" } });
    const table = "catalog.cities";
    const holder = session(`begin; lock table ${table} in share row exclusive mode; select pg_sleep(8)`);
    await eventually(() => sql(`select count(*) from pg_locks where relation = '${table}'::regclass and mode = 'ShareRowExclusiveLock' and granted`), (count) => count === "1");
    const waiter = session(`begin; lock table ${table} in share row exclusive mode`);
    const ended = [holder, waiter].map((child) => new Promise((resolve) => child.on("exit", resolve)));
    await eventually(() => boxoffice(["doctor"]).text, (text) => /^fault +process \d+ of postgres waits for a lock for .* held by process \d+: .*pg_sleep/m.test(text));
    assert.equal(boxoffice(["doctor"]).code, 1);
    await Promise.all(ended);
});

test("reports are listed, and printed as a table, CSV and JSON", () => {
    assert.match(succeeds(["report"]), /^sales_by_day +\S/m);
    assert.match(succeeds(["report", "sales_by_day"]), /^\(\d+ rows?\)$/m);
    assert.match(succeeds(["report", "sales_by_day", "--csv"]), /^sold_on,currency,/);
    assert.ok(Array.isArray(JSON.parse(succeeds(["report", "occupancy", "--json"]))));
    assert.deepEqual(JSON.parse(succeeds(["report", "inconsistencies", "--json"])), []);
    fails(["report", "secrets"], /there is no report 'secrets'/);
    fails(["report", "x; drop table y"], /there is no report/);
    fails(["report", "occupancy", "--xml"], /unknown option '--xml'/);
});

test("version tells the program's and the database's, and an unknown command is named with those that are known", () => {
    const text = succeeds(["version"]);
    assert.match(text, /^boxoffice \d+\.\d+\.\d+$/m);
    assert.match(text, /^PostgreSQL \d+/m);
    assert.match(text, /^migration \d+/m);
    const run = boxoffice(["frobnicate"]);
    assert.equal(run.code, 2);
    assert.match(run.text, /there is no command 'frobnicate'/);
    for (const command of ["up", "down", "restart", "backup", "restore", "doctor", "report"]) assert.match(run.text, new RegExp(`^  ${command}\\b`, "m"));
});

endInPeace();

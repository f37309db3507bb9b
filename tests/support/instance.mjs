// The running instance that tests speak to: its addresses, its database, its log. What `./boxoffice test` sets in the
// environment; nothing here starts or stops anything.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";

function needed(name) {
    if (!process.env[name]) throw new Error(`${name} is not set: run this by ./boxoffice test`);
    return process.env[name];
}

export const gateway = needed("BOXOFFICE_URL");
export const server = needed("BOXOFFICE_SERVER_URL");
export const sandbox = needed("BOXOFFICE_SANDBOX_URL");
export const stripeKey = needed("STRIPE_SECRET_KEY");
export const home = needed("BOXOFFICE_HOME");
export const root = needed("BOXOFFICE_ROOT");
const database = needed("BOXOFFICE_DATABASE_URL");

const psqlArguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database];

// What the statements answer, as psql prints it: rows are lines, columns stand between |. Throws with psql's message.
export function sql(text) {
    const run = spawnSync("psql", [...psqlArguments, "-f", "-"], { input: text, encoding: "utf8", maxBuffer: 1 << 26 });
    if (run.error) throw run.error;
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout.trimEnd();
}

// Runs `act` while a transaction of another connection has executed `text`, which it then rolls back.
export async function whileLocked(text, act) {
    const psql = spawn("psql", psqlArguments, { stdio: ["pipe", "pipe", "inherit"] });
    psql.stdin.write(`begin;\n${text};\n\\echo locked\n`);
    for await (const chunk of psql.stdout) {
        if (String(chunk).includes("locked")) break;
    }
    assert.equal(psql.exitCode, null, "the lock could not be taken");
    try {
        return await act();
    } finally {
        const ended = once(psql, "close");
        psql.stdin.end("rollback;\n");
        await ended;
    }
}

export const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;

// The process id of a part, as the script noted it.
export function pidOf(part) {
    return Number(readFileSync(`${home}/run/${part}.pid`, "utf8").split(" ")[0]);
}

// Declares the test that every file ends with.
export function endsInPeace() {
    const pid = pidOf("server");
    const log = `${home}/log/server.log`;
    const begin = statSync(log).size;
    return () => test("afterwards nothing is inconsistent, and the server has neither died nor had an incident", () => {
        assert.equal(sql("select problem, show_id, booking_id, detail from report.inconsistencies"), "");
        const incidents = readFileSync(log).subarray(begin).toString().split("\n").filter((line) => line.includes('"incident"'));
        assert.deepEqual(incidents, []);
        assert.equal(pidOf("server"), pid);
    });
}

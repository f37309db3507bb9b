// Mails sent to a real server by SMTP, with STARTTLS and AUTH: what its answers mean, and that a killed worker loses none.
// It has an instance of its own, whose worker it starts and ends itself, with the settings that each test wants.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { eventually } from "../support/client.mjs";
import { root } from "../support/instance.mjs";
import { read, startMailServer } from "../support/mail.mjs";

const { BOXOFFICE_BIN: program, BOXOFFICE_SCRIPT: script, BOXOFFICE_BUILD_DIR, PATH } = process.env;
const threads = 4; // of the worker, for mails
const home = join(root, "var", `test-smtp-${process.pid}`);
const keys = mkdtempSync(join(tmpdir(), "boxoffice-smtp-"));
const [certificate, key, otherCertificate, otherKey] = ["a.pem", "a.key", "b.pem", "b.key"].map((name) => join(keys, name));
const login = ["--user", "box office", "--password", "p@ss:word/"];
const credentials = `${encodeURIComponent("box office")}:${encodeURIComponent("p@ss:word/")}@`;
const running = new Set();
let environment;

const exists = (pid) => existsSync(`/proc/${pid}/exe`);

before(async () => {
    for (const [out, keyOut] of [[certificate, key], [otherCertificate, otherKey]]) {
        const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
        execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, "-keyout", keyOut, "-out", out], { stdio: "ignore" });
    }
    const settings = { PATH, BOXOFFICE_HOME: home, BOXOFFICE_BUILD_DIR };
    execFileSync(script, ["up", "--detach", "--empty"], { env: settings, stdio: "ignore" });
    const lines = execFileSync("bash", ["-c", `. ${home}/run/env && env`], { env: settings, encoding: "utf8" }).trim().split("\n");
    environment = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
    // In this order, for the one starts the other again.
    for (const part of ["supervisor", "worker"]) {
        const pid = Number(readFileSync(`${home}/run/${part}.pid`, "utf8").split(" ")[0]);
        process.kill(pid, "SIGTERM");
        await eventually(() => exists(pid), (is) => !is);
    }
});

// The newest first: a worker before its server.
afterEach(async () => {
    for (const end of [...running].reverse()) await end();
    sql("delete from ops.outbox");
});

after(() => {
    execFileSync(script, ["down"], { env: { PATH, BOXOFFICE_HOME: home, BOXOFFICE_BUILD_DIR }, stdio: "ignore" });
    rmSync(home, { recursive: true, force: true });
    rmSync(keys, { recursive: true });
});

const sql = (text) =>
    execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", `${environment.BOXOFFICE_DATABASE_URL}&user=postgres`, "-c", text], { encoding: "utf8" }).trimEnd();

// A server, and {kill, end} of a worker that sends to it.
async function startServer(...options) {
    const server = await startMailServer(...options);
    const end = async () => {
        running.delete(end);
        await server.end();
    };
    running.add(end);
    return { ...server, end };
}

function startWorker(settings) {
    const worker = spawn(program, ["worker"], { env: { ...environment, BOXOFFICE_MAIL_FROM: "Box Office <box@tickets.example>", ...settings }, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    worker.stderr.on("data", (chunk) => (log += chunk));
    const stop = async (signal) => {
        running.delete(end);
        const ended = worker.exitCode === null && worker.signalCode === null && once(worker, "exit");
        worker.kill(signal);
        await ended;
        return log;
    };
    const end = () => stop("SIGTERM");
    running.add(end);
    return { end, kill: () => stop("SIGKILL") };
}

// Promises a mail to each address.
function promise(...addresses) {
    const hash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
    sql(`
        with users as (
            insert into account.users (email, name, password_hash, email_verified_at)
            select a.address, 'Größe 王', '${hash}', now()
            from unnest('{${addresses.join()}}'::text[]) as a (address)
            returning user_id
        )
        select account.add_mail_link(u.user_id, 'reset_password') from users as u`);
}

// "state|attempts|error" of the mail to an address.
const stateOf = (address) =>
    sql(`
        select
            case when o.done_at is not null then 'done' when o.dead_at is not null then 'dead' else 'waiting' end,
            o.attempt_count,
            o.last_error
        from ops.outbox as o
        inner join account.users as u on u.user_id = (o.payload ->> 'user_id')::bigint
        where o.kind = 'mail' and u.email = '${address}'`);

// The receivers of what the server has taken over, as soon as there are `count`.
const receivers = async ({ mails }, count) => (await eventually(() => mails, ({ length }) => length >= count)).map(({ to }) => to);

const until = (address, state) => eventually(() => stateOf(address), (found) => found.startsWith(state));

// What was due later, or is lent to a worker that was killed, is due at once.
const hurry = () => sql("update ops.outbox set run_at = now(), leased_until = case when leased_until is not null then now() end where done_at is null and dead_at is null");

test("a mail goes out over STARTTLS, after signing in with the URL's user and password", async () => {
    const server = await startServer("--certificate", certificate, "--key", key, ...login);
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://${credentials}127.0.0.1:${server.port}`, BOXOFFICE_SMTP_CA_FILE: certificate });
    promise("one@mail.example");
    assert.equal(await until("one@mail.example", "done"), "done|1|");
    await receivers(server, 1);
    const [{ from, to, is_tls, user, data }] = server.mails;
    assert.deepEqual([from, to, is_tls, user], ["box@tickets.example", "one@mail.example", true, "box office"]);
    const mail = await read(data);
    assert.deepEqual(mail.from, { address: "box@tickets.example", name: "Box Office" });
    assert.deepEqual(mail.to, [{ address: "one@mail.example", name: "Größe 王" }]);
    assert.equal(mail.subject, "Set a new password");
    assert.match(mail.messageId, /@tickets\.example>$/);
    assert.ok(mail.text.includes(`${environment.BOXOFFICE_PUBLIC_URL}/reset?token=`));
});

test("a certificate that nobody vouches for gets neither password nor mail", async () => {
    const server = await startServer("--certificate", otherCertificate, "--key", otherKey, ...login);
    const worker = startWorker({ BOXOFFICE_SMTP_URL: `smtp://${credentials}127.0.0.1:${server.port}`, BOXOFFICE_SMTP_CA_FILE: certificate });
    promise("untrusted@mail.example");
    const state = await eventually(() => stateOf("untrusted@mail.example"), (found) => found.includes("certificate"));
    assert.match(state, /^waiting\|/);
    assert.deepEqual(server.mails, []);
    const log = await worker.end();
    assert.match(log, /job_retry/);
    assert.ok(!log.includes("p@ss"), log);
});

test("a password is not told to a server that has no TLS", async () => {
    const server = await startServer();
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://${credentials}127.0.0.1:${server.port}` });
    promise("plain@mail.example");
    const state = await eventually(() => stateOf("plain@mail.example"), (found) => found.includes("smtp:"));
    assert.match(state, /^waiting\|/);
    assert.deepEqual(server.mails, []);
});

test("a wrong password is tried again, for it says nothing of the mail", async () => {
    const server = await startServer("--certificate", certificate, "--key", key, "--user", "box office", "--password", "another");
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://${credentials}127.0.0.1:${server.port}`, BOXOFFICE_SMTP_CA_FILE: certificate });
    promise("denied@mail.example");
    const state = await eventually(() => stateOf("denied@mail.example"), (found) => found.includes("535"));
    assert.match(state, /^waiting\|/);
});

test("without a password, a server's TLS is used as it is; and TLS may come first", async () => {
    for (const [options, scheme, settings] of [
        [[], "smtp", {}],
        [["--certificate", otherCertificate, "--key", otherKey], "smtp", {}],
        [["--certificate", certificate, "--key", key, "--implicit"], "smtps", { BOXOFFICE_SMTP_CA_FILE: certificate }],
    ]) {
        const server = await startServer(...options);
        const worker = startWorker({ BOXOFFICE_SMTP_URL: `${scheme}://127.0.0.1:${server.port}`, ...settings });
        const address = `${scheme}-${options.length}@mail.example`;
        promise(address);
        await until(address, "done");
        assert.deepEqual(await receivers(server, 1), [address]);
        assert.equal(server.mails[0].is_tls, options.length > 0);
        await worker.end();
        await server.end();
    }
});

test("451 is tried again until it is taken, and arrives once", async () => {
    const server = await startServer();
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    promise("later-2@mail.example");
    assert.match(await until("later-2@mail.example", "done"), /^done\|3\|smtp: .*451/);
    assert.deepEqual(await receivers(server, 1), ["later-2@mail.example"]);
});

test("550 and 554 are given up at once, and are seen", async () => {
    const server = await startServer();
    const worker = startWorker({ BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    promise("unknown@mail.example", "refused@mail.example", "fine@mail.example");
    assert.match(await until("unknown@mail.example", "dead"), /^dead\|1\|smtp: .*550/);
    assert.match(await until("refused@mail.example", "dead"), /^dead\|1\|smtp: .*554/);
    await until("fine@mail.example", "done");
    assert.deepEqual(await receivers(server, 1), ["fine@mail.example"]);
    assert.equal((await worker.end()).match(/"job_dead"/g).length, 2);
});

test("a sender that is refused costs no mail: it goes out when the sender is put right", async () => {
    const server = await startServer();
    const settings = { BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` };
    const worker = startWorker({ ...settings, BOXOFFICE_MAIL_FROM: "stranger@tickets.example" });
    promise("shunned@mail.example");
    const state = await eventually(() => stateOf("shunned@mail.example"), (found) => found.includes("550"));
    assert.match(state, /^waiting\|/);
    await worker.end();
    hurry();
    startWorker(settings);
    await until("shunned@mail.example", "done");
});

test("an address that would be another header is refused by the database, and without its check before any server hears of it", async () => {
    assert.throws(() => promise("x>y@mail.example"), /users_email_is_address/);
    sql("alter table account.users drop constraint users_email_is_address");
    const server = await startServer();
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    promise("x>y@mail.example");
    await until("x>y@mail.example", "dead|1|not an address");
    assert.deepEqual(server.mails, []);
});

test("a server that is not there is tried again until it is", async () => {
    const { port, end } = await startServer();
    await end();
    const worker = startWorker({ BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${port}` });
    promise("patient@mail.example");
    await eventually(() => stateOf("patient@mail.example"), (found) => found.includes("smtp: "));
    await worker.end();
    const server = await startServer();
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    hurry();
    await until("patient@mail.example", "done");
});

test("after the database has cut all connections a mail goes out at once, and not when its lease has ended", async () => {
    const server = await startServer("--delay", "0.05");
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    const before = Array.from({ length: 3 * threads }, (_, n) => `before${n}@mail.example`); // so that each thread is connected
    promise(...before);
    await receivers(server, before.length);
    for (const address of before) await until(address, "done");
    sql("select pg_terminate_backend(a.pid) from pg_stat_activity as a where a.usename = 'boxoffice_worker'");
    const then = Array.from({ length: threads }, (_, n) => `then${n}@mail.example`);
    promise(...then);
    const began = Date.now();
    for (const address of then) await eventually(() => stateOf(address), (found) => found.startsWith("done"), 30);
    assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
});

test("a mail whose taking over was not heard of comes again, as the same mail", async () => {
    const server = await startServer();
    startWorker({ BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    promise("silent@mail.example");
    await until("silent@mail.example", "done|2");
    await receivers(server, 2);
    const [first, second] = await Promise.all(server.mails.map(({ data }) => read(data)));
    assert.equal(first.messageId, second.messageId);
    assert.equal(first.date, second.date);
});

test("a worker that is killed in the midst of a hundred mails loses none, and repeats at most those it was sending", async () => {
    const server = await startServer("--delay", "0.02");
    const settings = { BOXOFFICE_SMTP_URL: `smtp://127.0.0.1:${server.port}` };
    const addresses = Array.from({ length: 100 }, (_, n) => `crowd${n}@mail.example`);
    let worker = startWorker(settings);
    promise(...addresses);
    let kills = 0;
    for (const enough of [20, 50, 80]) {
        await eventually(() => server.mails.length, (count) => count >= enough);
        await worker.kill();
        ++kills;
        assert.ok(server.mails.length < 100, "it was killed too late");
        hurry();
        worker = startWorker(settings);
    }
    const isDone = "select count(*) from ops.outbox as o inner join account.users as u on u.user_id = (o.payload ->> 'user_id')::bigint where u.email like 'crowd%' and o.done_at is not null";
    await eventually(() => sql(isDone), (count) => count === "100", 60);
    await worker.end();
    const mails = await Promise.all(server.mails.map(({ data }) => read(data)));
    assert.deepEqual([...new Set(server.mails.map(({ to }) => to))].sort(), addresses.sort());
    assert.equal(new Set(mails.map(({ messageId }) => messageId)).size, 100);
    assert.ok(mails.length <= 100 + kills * threads, `${mails.length} mails`);
});

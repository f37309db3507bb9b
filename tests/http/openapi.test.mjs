// What the server tells of itself, and what stands around its answers: the OpenAPI document and its page, health, metrics, headers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, get, refused, send } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, sandbox, server, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

test("the OpenAPI document is valid 3.1", async () => {
    const { body } = await expect(200, "GET", "/openapi.json");
    assert.match(body.openapi, /^3\.1\./);
    const { valid, errors } = await new Validator().validate(body);
    assert.ok(valid, JSON.stringify(errors));
    const operations = Object.values(body.paths).flatMap((path) => Object.values(path));
    const names = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(names).size, names.length);
    for (const { operationId, summary, description, responses } of operations) {
        assert.ok(summary && description, operationId);
        assert.ok(Object.keys(responses).some((status) => status.startsWith("2")), operationId);
    }
});

test("the document has every endpoint of the API, and its parameters are those that the server takes", async () => {
    const { paths } = await get("/openapi.json");
    const documented = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const routes = sql("select method || ' ' || path from api.route where path like '/api/%'").split("\n");
    assert.deepEqual(documented.sort(), routes.sort());
    const promised = [
        "POST /api/v1/signup", "POST /api/v1/login", "POST /api/v1/logout", "GET /api/v1/me", "PATCH /api/v1/me", "GET /api/v1/cities", "GET /api/v1/events",
        "GET /api/v1/events/{event_id}", "GET /api/v1/events/{event_id}/shows", "GET /api/v1/venues", "GET /api/v1/search", "GET /api/v1/shows/{show_id}",
        "GET /api/v1/shows/{show_id}/layout", "GET /api/v1/shows/{show_id}/seats", "POST /api/v1/shows/{show_id}/holds", "GET /api/v1/bookings",
        "GET /api/v1/bookings/{booking_id}", "DELETE /api/v1/bookings/{booking_id}", "POST /api/v1/bookings/{booking_id}/payments",
        "GET /api/v1/tickets/{ticket_id}/qr.svg", "GET /api/v1/bookings/{booking_id}/tickets.pdf", "GET /api/v1/bookings/{booking_id}/tickets.ics",
        "POST /api/v1/webhooks/stripe",
    ];
    for (const endpoint of promised) assert.ok(documented.includes(endpoint), endpoint);

    for (const [path, { get: operation }] of Object.entries(paths)) {
        if (!operation || operation.security?.length) continue;
        const inQuery = (operation.parameters ?? []).filter((parameter) => parameter.in === "query");
        for (const { name, schema } of inQuery) {
            const value = { integer: "1", number: "1", boolean: "true" }[schema.type] ?? (schema.format ? "2030-01-01" : "a");
            const answer = await send("GET", `${path.replaceAll(/\{\w+\}/g, "1")}?${name}=${value}`);
            assert.notEqual(answer.body?.detail, "There is no such field.", `${name} of ${path}`);
        }
    }
    const holds = paths["/api/v1/shows/{show_id}/holds"].post;
    assert.deepEqual(Object.keys(holds.requestBody.content["application/json"].schema.properties).sort(), ["quantity", "seats", "tier", "together"]);
    assert.ok(holds.security.length > 0);
});

test("the page of the documentation names every endpoint and every error", async () => {
    const page = await expect(200, "GET", "/docs");
    assert.match(page.headers["content-type"], /^text\/html/);
    for (const path of sql("select distinct path from api.route where path like '/api/%'").split("\n")) assert.ok(page.text.includes(path), path);
    for (const code of sql("select code from api.error where sqlstate like 'BX%'").split("\n")) assert.ok(page.text.includes(code), code);
});

test("health and readiness are told to everybody, metrics only inside", async () => {
    for (const base of [gateway, server]) {
        assert.equal((await expect(200, "GET", "/healthz", { base })).body.status, "ok");
        assert.equal((await expect(200, "GET", "/readyz", { base })).body.status, "ready");
        assert.match((await send("GET", "/healthz", { base })).headers["cache-control"], /no-store/);
        await expect(200, "HEAD", "/healthz", { base });
        await refused(405, "method_not_allowed", {}, "POST", "/readyz", { base });
    }
    await expect(404, "GET", "/metrics");
    await expect(404, "GET", "/internal/live/me");
});

test("metrics are in Prometheus' format and count requests by route", async () => {
    const count = (text, route) =>
        text.split("\n").filter((line) => /^\w+_(total|count)\{/.test(line) && line.includes(`"${route}"`)).reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    const ask = async () => {
        const answer = await expect(200, "GET", "/metrics", { base: server });
        assert.match(answer.headers["content-type"], /^text\/plain; version=0\.0\.4/);
        return answer.text;
    };
    const before = await ask();
    for (const line of before.trimEnd().split("\n")) {
        assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? ([0-9.e+-]+|NaN|\+Inf))$/i, line);
    }
    for (let n = 0; n < 3; ++n) await expect(200, "GET", "/api/v1/cities", { base: server });
    await expect(404, "GET", `/api/v1/nothing-${"x".repeat(50)}`, { base: server });
    const after = await ask();
    assert.ok(count(after, "/api/v1/cities") >= count(before, "/api/v1/cities") + 3);
    assert.ok(!after.includes("nothing-x"), "what a client makes up is no label");
});

test("metrics tell what the last check counted, and when", async () => {
    sql("select ops.count_checks()");
    const { text } = await expect(200, "GET", "/metrics", { base: server });
    const value = (name) => Number(text.match(new RegExp(`^boxoffice_${name} ([0-9.e+]+)$`, "m"))?.[1]);
    for (const name of ["inconsistencies", "stuck_payments", "dead_letters"]) {
        assert.ok(value(`${name}_rows`) >= 0, name);
        assert.ok(Math.abs(value(`${name}_checked_at_seconds`) - Date.now() / 1000) < 60, name);
    }
    assert.equal(value("inconsistencies_rows"), 0);
});

// ---- headers ----

const token = makeBuyer();
const cookies = new Map([["boxoffice_session", token]]);
const showId = makeShow(smallHall);
const { booking_id } = await hold(showId, token, { seats: ["A-1"] });
const [eventId, slug] = sql("select e.event_id, c.slug from catalog.events as e, catalog.cities as c order by e.event_id, c.city_id limit 1").split("|");
const pages = ["/", `/cities/${slug}`, "/search", "/search?q=the", `/events/${eventId}`, `/shows/${showId}`, "/signup", "/login", "/docs"];
const ownPages = [`/bookings/${booking_id}`, "/account"];

function isGuarded(answer, what) {
    const policy = Object.fromEntries(
        answer.headers["content-security-policy"].split(";").map((rule) => rule.trim().split(/\s+/)).map(([name, ...sources]) => [name, sources]),
    );
    assert.deepEqual(policy["default-src"], ["'self'"], what);
    for (const name of ["script-src", "style-src"]) assert.ok(policy[name] === undefined || policy[name].every((source) => source === "'self'"), what);
    assert.deepEqual(policy["frame-ancestors"], ["'none'"], what);
    assert.deepEqual(policy["base-uri"], ["'none'"], what);
    assert.deepEqual(policy["object-src"], ["'none'"], what);
    assert.ok(policy["form-action"].every((source) => source === "'self'" || source === new URL(sandbox).origin), what);
    assert.equal(answer.headers["referrer-policy"], "same-origin", what);
    assert.equal(answer.headers["cross-origin-opener-policy"], "same-origin", what);
    assert.match(answer.headers["permissions-policy"], /geolocation=/, what);
    assert.match(answer.headers["content-type"], /^text\/html; ?charset=utf-8$/i, what);
    assert.doesNotMatch(answer.text, /<script(?![^>]*\ssrc=)[^>]*>|\son\w+="|\sstyle="|<style|javascript:/i, `${what} has something inline`);
}

test("every page goes out with a strict Content-Security-Policy, and has nothing inline", async () => {
    for (const base of [gateway, server]) {
        for (const path of pages) isGuarded(await expect(200, "GET", path, { base }), path);
        for (const path of ownPages) isGuarded(await expect(200, "GET", path, { base, cookies }), path);
        for (const path of ["/nothing", "/shows/999999999", "/cities/nowhere", "/events/x", "/bookings/x"]) {
            const answer = await send("GET", path, { base, cookies });
            assert.ok(answer.status === 404 || answer.status === 400, path);
            isGuarded(answer, path);
        }
    }
});

test("every page is whole: its language is named, it has one main heading, its files are there", async () => {
    const files = new Set();
    for (const lang of ["en", "zh"]) {
        for (const path of [...pages, ...ownPages]) {
            const { text } = await expect(200, "GET", path, { cookies, headers: { "Accept-Language": lang } });
            assert.match(text, new RegExp(`<html lang="${lang}`), path);
            assert.equal(text.match(/<h1\b/g)?.length, 1, path);
            assert.match(text, /<title>[^<]+<\/title>/, path);
            assert.doesNotMatch(text, /\{\{|\}\}|\bm_[a-z]/, path);
            for (const [, file] of text.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)) files.add(file);
        }
    }
    assert.ok(files.size > 3);
    for (const file of files) {
        const answer = await expect(200, "GET", file.replaceAll("&amp;", "&"));
        assert.ok(!file.includes("?v=") || /max-age=\d{7,}/.test(answer.headers["cache-control"]), `${file}: ${answer.headers["cache-control"]}`);
    }
});

test("every answer has a request id, the client's own if it gives a decent one, and says nothing of what it is made of", async () => {
    for (const base of [gateway, server]) {
        for (const path of ["/", "/nothing", "/healthz", "/api/v1/cities", "/api/v1/nothing", "/api/v1/me", `/shows/${showId}`]) {
            const answer = await send("GET", path, { base, headers: { "X-Request-Id": "my-request.1" } });
            assert.match(answer.headers["x-request-id"], /^[A-Za-z0-9._-]{8,64}$/, `${base}${path}`);
            if (base === server) assert.equal(answer.headers["x-request-id"], "my-request.1");
            const odd = await send("GET", path, { base, headers: { "X-Request-Id": "<script>" } });
            assert.match(odd.headers["x-request-id"], /^[A-Za-z0-9._-]{8,64}$/);
            assert.doesNotMatch(JSON.stringify(answer.headers), /nginx\/|pistache|postgres/i);
            assert.equal(answer.headers["x-powered-by"], undefined);
        }
    }
    const { headers } = await send("GET", "/api/v1/me", { token, headers: { "X-Request-Id": "my-request.2" } });
    assert.equal(headers["x-request-id"], "my-request.2");
});

test("what can be compressed is, and what the browser must not guess is named", async () => {
    const types = { "/": "text/html", "/api/v1/cities": "application/json", "/static/app.css": "text/css", "/static/forms.js": "application/javascript", "/openapi.json": "application/json" };
    for (const [path, type] of Object.entries(types)) {
        const answer = await expect(200, "GET", path, { headers: { "Accept-Encoding": "identity" } });
        assert.ok(answer.headers["content-type"].startsWith(type), `${path}: ${answer.headers["content-type"]}`);
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
    }
    const head = await send("HEAD", "/", { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(head.headers["content-encoding"], "gzip");
    assert.match(head.headers.vary, /Accept-Encoding/);
});

test("OPTIONS tells the methods of a path", async () => {
    const answer = await expect(204, "OPTIONS", "/api/v1/me");
    assert.equal(answer.headers.allow, "GET, HEAD, OPTIONS, PATCH");
});

endInPeace();

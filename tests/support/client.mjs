// A client of the API and of the website: one request, its answer, and what must hold of every answer. Not for bytes
// that are no HTTP: wire.mjs.
import assert from "node:assert/strict";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gateway, sandbox } from "./instance.mjs";

const agent = new http.Agent({ keepAlive: true });
const longest = 30_000; // milliseconds an answer may take

// Sends one request and resolves to {status, headers, bytes, text, body}; body is the parsed JSON, if it is JSON. The path goes out
// as it is. `json` or `form` become the body; `token` goes into Authorization, `cookies` (a Map) into Cookie, and takes
// what the answer sets.
export async function send(method, path, { base = gateway, json, form, body, token, cookies, headers = {} } = {}) {
    const sent = { ...headers };
    if (json !== undefined) {
        body = JSON.stringify(json);
        sent["Content-Type"] ??= "application/json";
    } else if (form !== undefined) {
        body = new URLSearchParams(form).toString();
        sent["Content-Type"] ??= "application/x-www-form-urlencoded";
    }
    if (token !== undefined) sent.Authorization = `Bearer ${token}`;
    if (cookies?.size) sent.Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    if (body !== undefined) sent["Content-Length"] = Buffer.byteLength(body);

    const url = new URL(base);
    const answer = await new Promise((resolve, reject) => {
        const request = http.request(
            { agent, method, host: url.hostname, port: url.port, path, headers: sent, timeout: longest },
            (response) => {
                const chunks = [];
                response.on("data", (chunk) => chunks.push(chunk));
                response.on("end", () => {
                    const bytes = Buffer.concat(chunks);
                    resolve({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString() });
                });
                response.on("error", reject);
            },
        );
        request.on("timeout", () => request.destroy(new Error(`no answer to ${method} ${path}`)));
        request.on("error", reject);
        request.end(body);
    });
    if (answer.text !== "" && /^application\/(problem\+)?json/.test(answer.headers["content-type"] ?? "")) answer.body = JSON.parse(answer.text);
    for (const line of cookies ? (answer.headers["set-cookie"] ?? []) : []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        if (/; Max-Age=0\b/.test(line)) cookies.delete(name);
        else cookies.set(name, value);
    }
    holdsOfEveryAnswer(`${method} ${path.slice(0, 200)}`, base, answer);
    return answer;
}

function holdsOfEveryAnswer(what, base, answer) {
    assert.notEqual(answer.status, 500, `${what}: ${answer.text}`);
    if (base === sandbox) return;
    assert.equal(answer.headers["x-content-type-options"], "nosniff", what);
    if (answer.status >= 400 && what.includes(" /api/")) {
        assert.match(answer.headers["content-type"] ?? "", /^application\/problem\+json/, `${what}: ${answer.status} ${answer.text}`);
    }
}

// As `send`, and the answer has this status.
export async function expect(status, method, path, options) {
    const answer = await send(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 2000)}`);
    return answer;
}

export const get = (path, options) => expect(200, "GET", path, options).then((answer) => answer.body);

// Proves that the answer is this problem of RFC 9457, with these members among others.
export function isProblem(answer, status, code, members = {}) {
    assert.equal(answer.status, status, answer.text.slice(0, 2000));
    assert.match(answer.headers["content-type"], /^application\/problem\+json\b/);
    const { type, title, detail, ...rest } = answer.body;
    assert.equal(type, `/problems/${code}`);
    assert.ok(typeof title === "string" && title !== "");
    assert.ok(typeof detail === "string" && detail !== "" && detail !== title, answer.text);
    if (code === "invalid_request") assert.ok(typeof answer.body.field === "string" && answer.body.field !== "", answer.text);
    for (const [name, value] of Object.entries({ status, code, ...members })) {
        assert.deepEqual(rest[name], value, `${name} of ${answer.text}`);
    }
}

// Sends a request that must be refused as this problem.
export async function refused(status, code, members, method, path, options) {
    const answer = await send(method, path, options);
    isProblem(answer, status, code, members);
    return answer;
}

// Asks `ask` again and again until `isDone` of its answer, at most for `seconds`.
export async function eventually(ask, isDone, seconds = 20) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (isDone(answer)) return answer;
        assert.ok(Date.now() < end, `still ${JSON.stringify(answer)}`);
        await sleep(50);
    }
}

// The fields of a page's forms: [{action, fields: {name: value}}], of boxes and radios those that are ticked.
export function formsOf(html) {
    const attribute = (tag, name) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
    return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag, content]) => ({
        action: attribute(tag, "action"),
        fields: Object.fromEntries(
            [...content.matchAll(/<input\b[^>]*>/g)]
                .map(([input]) => input)
                .filter((input) => !/type="(radio|checkbox)"/.test(input) || /\schecked\b/.test(input))
                .map((input) => [attribute(input, "name"), attribute(input, "value") ?? ""])
                .filter(([name]) => name),
        ),
    }));
}

// Requests that are wrong in every way: each is answered by a 4xx that names the fault, or ends its connection; none
// changes anything, and the server that answered the first answers the last.
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually, expect, get, isProblem, refused, send } from "../support/client.mjs";
import { hold, makeBuyer, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, pidOf, server, sql } from "../support/instance.mjs";
import { exchange, head, statusesOf, statusOf } from "../support/wire.mjs";

const endInPeace = endsInPeace();
const both = [gateway, server];
const showId = makeShow(smallHall);
const token = makeBuyer();
const holds = `/api/v1/shows/${showId}/holds`;
const jsonType = { "Content-Type": "application/json" };
const domain = `${randomUUID()}.example`; // of those who must not come to be users
const gatewayPid = pidOf("gateway");

const soldNothing = () => `${sql(`select count(*) from sales.bookings where show_id = ${showId}`)} ${sql(`
    select count(*) from account.users where email like '%@${domain}'`)}`;

const is4xx = (status) => status >= 400 && status < 500;

test("bodies that are not JSON, or not one object, are 400", async () => {
    const bodies = [
        "", " ", "{", "}", "{}}", "{}{}", "[]", "null", "true", "1", '"text"', "{quantity:1}", "{'quantity':1}", '{"quantity":1,}',
        '{"quantity":01}', '{"quantity":+1}', '{"quantity":.5}', '{"quantity":1.}', '{"quantity":0x1}', '{"quantity":NaN}',
        '{"quantity":Infinity}', '{"quantity":1}//', '{"seats":["A-1"', '{"seats":["A-1\n"]}', '{"seats":["\\x"]}',
        '{"seats":["\\u12"]}', '{"seats":["\\ud800"]}', '{"seats":["A-1\t"]}', "\ufeff{}", '{"quantity":1}\0', "quantity=1", "<a/>",
    ];
    for (const base of both) {
        for (const body of bodies) {
            const answer = await send("POST", holds, { base, token, body, headers: jsonType });
            isProblem(answer, 400, "invalid_request");
        }
    }
    assert.equal(soldNothing(), "0 0");
});

test("values that have no place in their type are 400 and named", async () => {
    const values = [
        ["quantity", "1e400"], ["quantity", "-1e400"], ["quantity", "1e2"], ["quantity", "1.0"], ["quantity", "1.5"],
        ["quantity", "9223372036854775808"], ["quantity", "9223372036854775807"], ["quantity", "2147483648"], ["quantity", "-2147483649"],
        ["quantity", "9".repeat(10_000)], ["quantity", "-0.0"], ["quantity", "true"], ["quantity", "[]"], ["quantity", "{}"], ["quantity", '"1"'],
        ["seats", "{}"], ["seats", "1"], ["seats", "[[]]"], ["seats", '[["A-1"]]'], ["seats", '[{"seat":"A-1"}]'], ["seats", '["A-1",1]'],
        ["seats", "[true]"], ["seats", '["A-1\\u0000"]'], ["together", "1"], ["together", '"yes"'], ["tier", "1"], ["tier", '["standard"]'],
        ["tier", '"\\u0000"'], ["show_id", "1"],
    ];
    for (const [field, value] of values) {
        const body = `{"${field}":${value}}`;
        const answer = await send("POST", holds, { base: server, token, body, headers: jsonType });
        isProblem(answer, 400, "invalid_request", { field });
    }
    assert.equal(soldNothing(), "0 0");
});

test("null stands for what is left out", async () => {
    await refused(400, "invalid_request", { field: "seats" }, "POST", holds, { token, json: { seats: null, quantity: null, tier: null } });
});

test("a member that is given twice, or in body and query, is 400", async () => {
    await refused(400, "invalid_request", { field: "quantity" }, "POST", holds, { token, body: '{"quantity":1,"quantity":2}', headers: jsonType });
    await refused(400, "invalid_request", { field: "quantity" }, "POST", holds, { token, body: '{"quantity":1,"\\u0071uantity":2}', headers: jsonType });
    await refused(400, "invalid_request", { field: "quantity" }, "POST", `${holds}?quantity=2`, { token, json: { quantity: 1 } });
    await refused(400, "invalid_request", {}, "GET", "/api/v1/cities", { base: server, body: "{}", headers: jsonType });
    assert.equal(soldNothing(), "0 0");
});

test("a hundred thousand brackets are 400, wherever they stand", async () => {
    const deep = 100_000;
    const bodies = [
        "[".repeat(deep), "[".repeat(deep) + "]".repeat(deep), `{"seats":${"[".repeat(deep)}`, '{"a":'.repeat(deep),
        `{"seats":${"[".repeat(deep)}${"]".repeat(deep)}}`, `{"quantity":${'{"a":'.repeat(deep)}1${"}".repeat(deep)}}`,
    ];
    for (const base of both) {
        for (const body of bodies) {
            isProblem(await send("POST", holds, { base, token, body, headers: jsonType }), 400, "invalid_request");
        }
    }
    assert.equal(soldNothing(), "0 0");
});

test("bytes that are not UTF-8, and U+0000, are 400 in bodies, paths and queries", async () => {
    const bad = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]].map((bytes) => Buffer.from(bytes));
    for (const bytes of bad) {
        const body = Buffer.concat([Buffer.from('{"seats":["A-'), bytes, Buffer.from('1"]}')]);
        isProblem(await send("POST", holds, { base: server, token, body, headers: jsonType }), 400, "invalid_request");
        const name = Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('":1}')]);
        isProblem(await send("POST", holds, { base: server, token, body: name, headers: jsonType }), 400, "invalid_request");
        const percent = [...bytes].map((byte) => `%${byte.toString(16)}`).join("");
        for (const base of both) {
            for (const target of [`/api/v1/shows/${percent}`, `/api/v1/search?q=${percent}`, `/api/v1/search?${percent}=1`, `/cities/${percent}`]) {
                assert.ok(is4xx((await send("GET", target, { base })).status), target);
            }
        }
    }
    for (const base of both) {
        for (const target of ["/api/v1/shows/%00", `/api/v1/shows/${showId}%00`, "/api/v1/search?q=%00", "/cities/%00", "/%00", "/api/v1/search?q=%", "/api/v1/search?q=%zz", "/%zz", "/%"]) {
            assert.ok(is4xx(await statusOf(base, head("GET", target))), target);
        }
        assert.ok(is4xx(await statusOf(base, Buffer.from(head("GET", "/\xff\xfe"), "latin1"))));
    }
    await refused(400, "invalid_request", { field: "name" }, "POST", "/api/v1/signup", {
        json: { email: `nul@${domain}`, password: "correct horse", name: "a\0b" },
    });
    assert.equal(soldNothing(), "0 0");
});

test("numbers in paths and queries that no row can have are 400 or 404", async () => {
    const numbers = ["-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e3", "1.5", "0x10", "١", "%20", "+1", "1%2F2", "1;drop", "NaN", "'", "9".repeat(5000)];
    for (const number of numbers) {
        const n = encodeURI(number).replaceAll("%25", "%");
        for (const path of [`/api/v1/shows/${n}`, `/api/v1/shows/${n}/seats`, `/api/v1/shows/${n}/layout`, `/api/v1/events/${n}/shows`, `/shows/${n}`, `/events/${n}`]) {
            assert.ok([400, 404].includes((await send("GET", path)).status), path);
        }
        const hold = await send("POST", `/api/v1/shows/${n}/holds`, { token, json: { quantity: 1 } });
        assert.ok([400, 404].includes(hold.status), `${n}: ${hold.text}`);
    }
    const queries = [
        "page=-1", "page=99999999999999999999", "page=2147483648", "per_page=0", "per_page=-5", "per_page=2147483647", "city_id=9223372036854775808",
        "page=1%00", "page=%F0%9F%92%A9", "date=2030-02-30", "date=0000-01-01", "date=99999-01-01", "date=infinity", "kind=%27", "city_id=1%20or%201=1",
    ];
    for (const query of queries) {
        assert.equal((await send("GET", `/api/v1/events?${query}`)).status, 400, query);
    }
    for (const query of ["latitude=NaN&longitude=0", "latitude=1e400&longitude=0", "latitude=0&longitude=0&radius_km=-1", "latitude=0&longitude=0&radius_km=0", "latitude=0&longitude=0&radius_km=1e30", "latitude=Infinity&longitude=0"]) {
        assert.equal((await send("GET", `/api/v1/venues?${query}`)).status, 400, query);
    }
    assert.deepEqual((await get("/api/v1/events?page=100000")).items, []);
});

test("words of every kind in a search are only words", async () => {
    const words = ["'", "''; drop table account.users; --", "\\", "%", "_", "&|!:*()<->", "a & b", "<script>", "\"", "((((", "☃", "💩", "​", " ", "a".repeat(200), "\u0301", "!!", ":*", "\r\n"];
    for (const word of words) {
        for (const path of ["/api/v1/search?spellcheck=true&q=", "/search?q="]) {
            const answer = await send("GET", path + encodeURIComponent(word));
            assert.equal(answer.status, 200, `${path}${word}: ${answer.text.slice(0, 300)}`);
            assert.ok(!answer.text.includes("<script>"), word);
        }
    }
});

test("ways out of the tree lead nowhere, and what is not for the outside stays inside", async () => {
    const targets = [
        "/../etc/passwd", "/static/../../etc/passwd", "/static/%2e%2e/%2e%2e/settings", "/static/..%2f..%2fsettings", "/%2e%2e/%2e%2e/etc/passwd",
        "/static/..%5c..%5csettings", "//etc/passwd", "/static//etc/passwd", "/static/./../nginx/nginx.conf", "/api/v1/../../metrics",
        "/metrics", "//metrics", "/%6detrics", "/./metrics", "/metrics/", "/api/..%2fmetrics", "/internal/live/me", "/%69nternal/live/me", "//internal/live/me",
        "/x/../internal/live/me", "/gateway/who", "/gateway/api",
    ];
    for (const target of targets) {
        const { text } = await exchange(gateway, head("GET", target, { Cookie: `boxoffice_session=${token}` }));
        assert.ok(is4xx(statusesOf(text)[0]), `${target}: ${text.slice(0, 200)}`);
        assert.doesNotMatch(text, /root:|worker_processes|STRIPE|boxoffice_http|X-Live-Listener/i, target);
    }
});

test("overlong and odd targets are refused, and sixteen thousand slashes harm nobody", async () => {
    for (const base of both) {
        for (const target of ["/".repeat(16_000), `/${"a".repeat(16_000)}`, `/api/v1/${"a/".repeat(4000)}`, `/api/v1/search?q=${"a".repeat(15_000)}`, `/api/v1/search?${"a&".repeat(6000)}`]) {
            const status = await statusOf(base, head("GET", target));
            assert.ok(is4xx(status), `${base} ${target.slice(0, 20)}: ${status}`);
        }
        for (const target of ["", "*", "api/v1/cities", "http://", "/a b", "/#a", "?q=1", "\\"]) {
            const status = await statusOf(base, head("GET", target));
            assert.ok(status === 0 || is4xx(status) || (base === gateway && target === "/#a"), `${base} ${target}: ${status}`);
        }
    }
});

test("lengths that contradict themselves, or are none, are 400 and end the connection", async () => {
    const body = '{"quantity":1}';
    const requests = [
        head("POST", holds, { "Content-Length": "5abc", ...jsonType }) + body,
        head("POST", holds, { "Content-Length": "-1", ...jsonType }) + body,
        head("POST", holds, { "Content-Length": "+14", ...jsonType }) + body,
        head("POST", holds, { "Content-Length": "0x0e", ...jsonType }) + body,
        head("POST", holds, { "Content-Length": "14, 14", ...jsonType }) + body,
        head("POST", holds, { "Content-Length": "99999999999999999999999", ...jsonType }) + body,
        head("POST", holds, { "Content-Length": "14", "content-length": "15", ...jsonType }) + body,
        head("POST", holds, { "Content-Length": "14", "Transfer-Encoding": "chunked", ...jsonType }) + `e\r\n${body}\r\n0\r\n\r\n`,
        head("POST", holds, { "Transfer-Encoding": "chunked, chunked", ...jsonType }) + `e\r\n${body}\r\n0\r\n\r\n`,
        head("POST", holds, { "Transfer-Encoding": "gzip, chunked", ...jsonType }) + `e\r\n${body}\r\n0\r\n\r\n`,
        head("POST", holds, { "Transfer-Encoding": "xchunked", ...jsonType }) + `e\r\n${body}\r\n0\r\n\r\n`,
        head("POST", holds, { "Transfer-Encoding": "chunked", ...jsonType }) + `xyz\r\n${body}\r\n0\r\n\r\n`,
        head("POST", holds, { "Transfer-Encoding": "chunked", ...jsonType }) + `ffffffffffffffffff\r\n${body}`,
        head("POST", holds, { "Transfer-Encoding": "chunked", ...jsonType }) + `e\r\n${body}XX0\r\n\r\n`,
    ].map((request) => request.replace("Connection: close", "Connection: keep-alive").replace("\r\n", `\r\nAuthorization: Bearer ${token}\r\n`));
    for (const base of both) {
        for (const request of requests) {
            const { text, closed } = await exchange(base, request + head("GET", "/healthz").repeat(2), { seconds: 10 });
            const [first, ...rest] = statusesOf(text);
            assert.ok(is4xx(first) || first === 501, `${base} ${request}: ${text}`);
            assert.deepEqual(rest, [], `${request} was followed by another request`);
            assert.ok(closed);
        }
    }
    assert.equal(soldNothing(), "0 0");
});

test("heads that are no HTTP are refused", async () => {
    const requests = [
        "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "GET / HTTX/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA\0B: c\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n", "G\x7fT / HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    for (const base of both) {
        for (const request of requests) {
            // HTTP/0.9 is answered by nginx with a page and no status line.
            const { text } = await exchange(base, Buffer.from(request, "latin1"), { seconds: 10, isEnough: (soFar) => soFar.includes("\r\n\r\n") });
            const [status] = statusesOf(text);
            const isGatewaysOwn = base === gateway && /^GET \/\r/.test(request);
            assert.ok(isGatewaysOwn || status === undefined || is4xx(status) || status === 501 || status === 505, `${base} ${JSON.stringify(request)}: ${text.slice(0, 300)}`);
        }
    }
});

test("headers of a hundred kilobytes, or ten thousand of them, are refused", async () => {
    for (const base of both) {
        for (const headers of [{ "X-Long": "a".repeat(100_000) }, Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`X-${n}`, "a"])), { Cookie: "a=b; ".repeat(20_000) }]) {
            const status = await statusOf(base, head("GET", "/api/v1/cities", headers));
            assert.ok([0, 400, 431, 494].includes(status), `${base}: ${status}`);
        }
    }
    isProblem(await send("GET", "/api/v1/cities", { base: server, headers: { "X-Long": "a".repeat(17_000) } }), 431, "too_large");
});

test("odd cookies, languages, hosts and tokens are as good as none", async () => {
    const headers = [
        { Cookie: "=" }, { Cookie: ";;;" }, { Cookie: "boxoffice_session" }, { Cookie: "boxoffice_session=" }, { Cookie: 'boxoffice_session="' },
        { Cookie: "boxoffice_session=%00%ff" }, { Cookie: `boxoffice_session=${"a".repeat(7000)}` }, { Cookie: "boxoffice_session=a; boxoffice_session=b" },
        { Cookie: Buffer.from("boxoffice_session=\xff\xfe").toString("latin1") }, { Cookie: "boxoffice_language=<script>" }, { Cookie: "boxoffice_language=../../etc" },
        { Authorization: "Bearer" }, { Authorization: "Bearer " }, { Authorization: `Bearer ${"a".repeat(7000)}` }, { Authorization: "Bearer a b c" }, { Authorization: "\xff" },
        { "Accept-Language": ",;q=;q=q,zh;q=1e999" }, { "Accept-Language": "a".repeat(5000) }, { "Accept-Language": "zh-".repeat(1000) },
        { Date: "yesterday" }, { "If-None-Match": '"' }, { "If-None-Match": ",".repeat(5000) }, { "X-Forwarded-For": "<x>, , '" }, { "X-Request-Id": "a\tb" }, { Range: "bytes=9-1" },
    ];
    for (const base of both) {
        for (const header of headers) {
            for (const path of ["/", `/shows/${showId}`, "/api/v1/cities"]) {
                const answer = await send("GET", path, { base, headers: header });
                assert.equal(answer.status, 200, `${path} ${JSON.stringify(header).slice(0, 100)}: ${answer.text.slice(0, 300)}`);
                assert.ok(!answer.text.includes("<script>"));
            }
            assert.equal((await send("GET", "/api/v1/me", { base, headers: header })).status, 401, JSON.stringify(header).slice(0, 100));
        }
    }
    for (const host of ["evil.example", "a b", "x".repeat(5000), "[::1"]) {
        const status = await statusOf(gateway, head("GET", "/api/v1/cities", { Host: host }));
        assert.ok(status === 200 || is4xx(status), `${host}: ${status}`);
    }
});

test("a request may come byte by byte, and its body in chunks cut anywhere", async () => {
    const body = JSON.stringify({ email: `slow@${domain}`, password: "short", name: "S" });
    const chunked = [...body].map((char) => `1\r\n${char}\r\n`).join("");
    const requests = [
        head("POST", "/api/v1/signup", { ...jsonType, "Content-Length": body.length }) + body,
        head("POST", "/api/v1/signup", { ...jsonType, "Transfer-Encoding": "chunked" }) + `${chunked}0\r\n\r\n`,
        head("POST", "/api/v1/signup", { ...jsonType, "Transfer-Encoding": "chunked" }) + `${body.length.toString(16)};extension=1\r\n${body}\r\n0\r\nTrailer: a\r\n\r\n`,
    ];
    for (const base of both) {
        for (const request of requests) {
            for (const size of [1, 7, 64]) {
                const pieces = request.match(new RegExp(`[\\s\\S]{1,${size}}`, "g"));
                const { text } = await exchange(base, pieces, { seconds: 20, pause: 0, isEnough: (soFar) => soFar.includes("}") });
                assert.deepEqual(statusesOf(text), [400], text);
                assert.match(text, /"field":"password"/);
            }
        }
    }
    assert.equal(soldNothing(), "0 0");
});

test("pipelined requests are answered in order, each by its own answer", async () => {
    const count = 100;
    const ids = Array.from({ length: count }, (_, n) => `pipelined-${n}`);
    for (const base of both) {
        const bytes = ids
            .map((id, n) => head("GET", n % 3 ? "/api/v1/cities" : `/api/v1/shows/${showId}/seats?no=${n}`, { Connection: "keep-alive", "X-Request-Id": id }))
            .join("");
        const { text } = await exchange(base, bytes, { seconds: 20, isEnough: (soFar) => statusesOf(soFar).length === count });
        assert.deepEqual(statusesOf(text), ids.map((_, n) => (n % 3 ? 200 : 400)));
        if (base === server) assert.deepEqual([...text.matchAll(/^X-Request-Id: (.*)\r$/gim)].map(([, id]) => id), ids);
    }
});

test("after HEAD there is no body, and the next answer is read right", async () => {
    for (const base of both) {
        const requests = ["HEAD", "GET", "HEAD"].map((method) => head(method, "/api/v1/cities", { Connection: "keep-alive" })).join("");
        const { text } = await exchange(base, requests + head("HEAD", "/nothing"), { seconds: 10 });
        assert.deepEqual(statusesOf(text), [200, 200, 200, 404]);
        assert.equal(text.match(/"items"/g).length, 1, "one of the four has a body");
    }
});

test("who expects 100-continue is told to go on, or refused before the body", async () => {
    const body = JSON.stringify({ email: `polite@${domain}`, password: "short", name: "S" });
    const asked = head("POST", "/api/v1/signup", { ...jsonType, "Content-Length": body.length, Expect: "100-continue" });
    for (const base of both) {
        const { text } = await exchange(base, [asked, body], { pause: 300, isEnough: (soFar) => soFar.includes("}") });
        assert.deepEqual(statusesOf(text), [100, 400]);
        const large = head("POST", "/api/v1/signup", { ...jsonType, "Content-Length": 5_000_000, Expect: "100-continue" });
        assert.equal(await statusOf(base, large), 413);
    }
    assert.equal(await statusOf(server, head("POST", "/api/v1/signup", { Expect: "tea" })), 417);
});

test("a megabyte too many is refused without being taken for another request", async () => {
    const inner = head("GET", "/healthz");
    const body = inner.repeat(Math.ceil(1_200_000 / inner.length));
    for (const base of both) {
        const { text } = await exchange(base, head("POST", "/api/v1/signup", { Connection: "keep-alive", ...jsonType, "Content-Length": body.length }) + body, { seconds: 10 });
        assert.deepEqual(statusesOf(text), [413]);
        const endless = `${head("POST", "/api/v1/signup", { Connection: "keep-alive", ...jsonType, "Transfer-Encoding": "chunked" })}${"ffff\r\n".concat("a".repeat(65535), "\r\n").repeat(20)}`;
        assert.deepEqual(statusesOf((await exchange(base, endless, { seconds: 10 })).text), [413]);
    }
});

test("a hundred clients whose headers never end keep nobody waiting", async () => {
    const slow = Array.from({ length: 100 }, () => exchange(server, ["GET / HTTP/1.1\r\n", "Host: x\r\n"], { seconds: 14, isEnough: (soFar) => soFar.includes("\r\n\r\n") }));
    for (let n = 0; n < 20; ++n) {
        const began = Date.now();
        await expect(200, "GET", "/healthz", { base: server });
        assert.ok(Date.now() - began < 1000);
    }
    for (const { text } of await Promise.all(slow)) assert.deepEqual(statusesOf(text), [408]);
});

test("clients that hang up in the midst of everything leave no trace", async () => {
    const request = head("POST", holds, { ...jsonType, "Content-Length": 100, Authorization: `Bearer ${token}` });
    for (const base of both) {
        await Promise.all(
            Array.from({ length: 200 }, (_, n) => exchange(base, (request + '{"quantity":1}').slice(0, 1 + n), { seconds: 0.05 })),
        );
    }
    assert.equal(soldNothing(), "0 0");
});

// ---- forms ----

test("forms that are no forms are refused", async () => {
    const cookies = new Map([["boxoffice_session", token]]);
    const bodies = ["seats=%", "seats=%ff", "seats=%00", "=", "unknown=1", "csrf=1&csrf=2&seats=A-1", "seats", "quantity=1&quantity=2", "quantity=two"];
    for (const body of bodies) {
        const answer = await send("POST", `/shows/${showId}/holds`, { cookies, body, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
        assert.ok(is4xx(answer.status), `${body}: ${answer.status}`);
        assert.match(answer.headers["content-type"], /^text\/html/);
    }
    const multipart = "--b\r\nContent-Disposition: form-data; name=\"quantity\"\r\n\r\n1\r\n--b--\r\n";
    assert.equal((await send("POST", `/shows/${showId}/holds`, { cookies, body: multipart, headers: { "Content-Type": "multipart/form-data; boundary=b" } })).status, 415);
    assert.equal(soldNothing(), "0 0");
});

// ---- the provider's webhook ----

const webhook = "/api/v1/webhooks/stripe";
const secret = process.env.STRIPE_WEBHOOK_SECRET;
const signature = (body, { t = Math.floor(Date.now() / 1000), key = secret } = {}) =>
    `t=${t},v1=${createHmac("sha256", key).update(`${t}.${body}`).digest("hex")}`;
const deliver = (body, header, base = gateway) =>
    send("POST", webhook, { base, body, headers: { ...jsonType, ...(header && { "Stripe-Signature": header }) } });

test("only events that bear the right signature of these bytes and of this time are taken", async () => {
    const id = `evt_${randomUUID()}`;
    const body = JSON.stringify({ id, type: "payment_intent.succeeded", data: { object: { id: "pi_1" } } });
    const now = Math.floor(Date.now() / 1000);
    const right = signature(body);
    const forged = [
        undefined, "", "t=", "v1=", `t=${now}`, right.split(",")[1], right.replace("v1=", "v0="), right.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")),
        right.slice(0, -1), `${right}0`, right.toUpperCase(), signature(body, { key: "whsec_other" }), signature(body, { key: "" }), signature(`${body} `),
        signature(body, { t: now - 3600 }), signature(body, { t: now + 3600 }), `t=${now + 1},${right.split(",")[1]}`, signature(body, { t: "now" }), signature(body, { t: -1 }),
        signature(body, { t: "99999999999999999999" }), "t=,v1=,", ",".repeat(5000), `t=${now},v1=${"0".repeat(64)}`,
    ];
    for (const header of forged) isProblem(await deliver(body, header), 400, "bad_signature");
    isProblem(await deliver(`${body} `, right), 400, "bad_signature");
    assert.equal(sql(`select count(*) from ops.provider_events where event_id = '${id}'`), "0");

    assert.equal((await deliver(body, right)).status, 200);
    assert.equal((await deliver(body, `t=${now},v1=${"0".repeat(64)},${right.split(",")[1]}`.replace(`t=${now}`, right.split(",")[0]))).status, 200);
    assert.equal((await deliver(body, signature(body, { t: now - 60 }), server)).status, 200);
    assert.equal(sql(`select count(*) from ops.provider_events where event_id = '${id}'`), "1");
});

test("signed events that are no events are 400, and those about nothing of ours change nothing", async () => {
    const events = [
        "", "{", "[]", "null", "{}", '{"id":1}', '{"id":"evt_x"}', '{"id":"evt_x","type":1,"data":{"object":{}}}', '{"id":"evt_x","type":"a","data":[]}',
        '{"id":"evt_x","type":"a","data":{"object":[]}}', `{"id":"evt_x","type":"a","data":${"[".repeat(1000)}${"]".repeat(1000)}}`, '{"id":"evt_\\u0000","type":"a","data":{"object":{}}}',
    ];
    for (const body of events) isProblem(await deliver(body, signature(body)), 400, "invalid_request");
    const paymentId = randomUUID();
    for (const metadata of [
        { show_id: String(showId), payment_id: paymentId }, { show_id: "-1", payment_id: paymentId }, { show_id: "9".repeat(18), payment_id: paymentId },
        { show_id: showId, payment_id: "x" }, { show_id: null }, {}, [], "text",
    ]) {
        for (const type of ["payment_intent.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.payment_failed", "payment_intent.canceled", "checkout.session.expired", "customer.created"]) {
            const body = JSON.stringify({ id: `evt_${randomUUID()}`, type, data: { object: { id: "pi_1", metadata } } });
            const answer = await deliver(body, signature(body));
            assert.ok(answer.status === 200 || answer.status === 404, `${type} ${JSON.stringify(metadata)}: ${answer.status} ${answer.text}`);
        }
    }
    assert.equal(soldNothing(), "0 0");
});

test("an event of a payment is harmless when it comes again, and when it comes late", async () => {
    const held = await hold(showId, token, { seats: ["A-1"] });
    const path = `/api/v1/bookings/${held.booking_id}`;
    await expect(202, "POST", `${path}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    await eventually(() => get(path, { token }), ({ payment }) => payment.status === "succeeded");
    const [paymentId, reference] = sql(`select payment_id, provider_ref from sales.payments where show_id = ${showId}`).split("|");
    const before = await get(path, { token });
    for (const type of ["payment_intent.payment_failed", "payment_intent.canceled", "checkout.session.expired", "payment_intent.amount_capturable_updated", "payment_intent.succeeded"]) {
        const body = JSON.stringify({
            id: `evt_${randomUUID()}`, type,
            data: { object: { id: reference, metadata: { show_id: String(showId), payment_id: paymentId } } },
        });
        for (let times = 0; times < 2; ++times) assert.equal((await deliver(body, signature(body))).status, 200, type);
    }
    assert.deepEqual(await get(path, { token }), before);
});

test("the gateway is the one that was there at the beginning", () => assert.equal(pidOf("gateway"), gatewayPid));

endInPeace();

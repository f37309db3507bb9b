// Tickets as files, read back by programs that are not ours: poppler and zbar the PDF, ical.js the calendar.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import ICAL from "ical.js";
import { eventually, expect, get, isProblem, refused, send } from "../support/client.mjs";
import { hold, makeBuyer, makeBuyers, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, gateway, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const directory = mkdtempSync(join(tmpdir(), "boxoffice-tickets-"));
after(() => rmSync(directory, { recursive: true }));

// Runs a program on the bytes and gives back what it prints.
function run(program, args, bytes) {
    const file = join(directory, "tickets.pdf");
    writeFileSync(file, bytes);
    return execFileSync(program, [...args.map((each) => each.replace("FILE", file))], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

// What each page says, with single spaces between words.
const textOf = (bytes) => run("pdftotext", ["-layout", "FILE", "-"], bytes).split("\f").slice(0, -1).map((page) => page.replace(/\s+/g, " "));

// What each page's code says to a scanner.
function codesOf(bytes) {
    run("pdftoppm", ["-r", "110", "-png", "FILE", join(directory, "page")], bytes);
    const pages = readdirSync(directory).filter((name) => name.endsWith(".png")).sort();
    return pages.map((name) => {
        const code = execFileSync("zbarimg", ["-q", "--raw", join(directory, name)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
        rmSync(join(directory, name));
        return code.trim();
    });
}

async function buy(showId, token, wish) {
    const { booking_id } = await hold(showId, token, wish);
    await expect(202, "POST", `/api/v1/bookings/${booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    return eventually(() => get(`/api/v1/bookings/${booking_id}`, { token }), ({ status }) => status === "paid");
}

const inChinese = { "Accept-Language": "zh-CN" };
const file = (booking, kind, token, headers) =>
    expect(200, "GET", `/api/v1/bookings/${booking.booking_id}/tickets.${kind}`, { token, headers });

// A show of an event with a Chinese title, in a time zone where it is already the next day.
function makeChineseShow(hall) {
    const showId = makeShow(hall);
    sql(`
        with event as (
            insert into catalog.events (kind, title, title_zh, duration_minutes, rating)
            values ('film', 'Hero, or: a tale; with \\ signs', '英雄', 99, 'PG-13')
            returning event_id
        )
        update sales.shows set event_id = event.event_id, starts_at = '2031-03-01T23:30:00Z', ends_at = '2031-03-02T01:09:00Z'
        from event
        where show_id = ${showId};`);
    return showId;
}

test("the PDF draws emoji, Thai, Hindi, Bengali and rare Han characters, and stays small", async () => {
    const token = makeBuyer();
    const showId = makeShow(smallHall);
    const texts = ["🎭🦖", "สวัสดี", "नमस्ते", "বাংলা", "𠮷𡈽", "한국", "かな"];
    sql(`
        with event as (
            insert into catalog.events (kind, title, duration_minutes) values ('film', '${texts.join(" ")}', 99) returning event_id
        )
        update sales.shows set event_id = event.event_id from event where show_id = ${showId};`);
    const { bytes } = await file(await buy(showId, token, { seats: ["A-1"] }), "pdf", token);
    // A character that no font has is drawn as a box with its number, and is no text of the file.
    const [page] = textOf(bytes);
    for (const character of new Set(texts.join(""))) assert.ok(page.includes(character), `${character} in ${page}`);
    assert.ok(bytes.length < 150_000, `${bytes.length} bytes`);
});

test("the PDF has a page for each seat, and its code is the ticket's", async () => {
    const token = makeBuyer();
    const booking = await buy(makeChineseShow(smallHall), token, { seats: ["C-7", "C-8"] });
    const answer = await file(booking, "pdf", token);
    assert.equal(answer.headers["content-type"], "application/pdf");
    assert.ok(answer.headers["content-disposition"].startsWith(`attachment; filename="tickets-${booking.booking_id}.pdf"`));
    assert.equal(answer.headers["cache-control"], "private, no-cache");
    assert.ok(answer.bytes.length < 200_000, `${answer.bytes.length} bytes`);
    assert.deepEqual(codesOf(answer.bytes), booking.tickets.map(({ code }) => code));

    const pages = textOf(answer.bytes);
    assert.equal(pages.length, 2);
    for (const [n, page] of pages.entries()) {
        for (const text of ["Hero, or: a tale; with \\ signs", "英雄", "PG-13", "99 min", "Testville Odeon", "1 High Street", "Testville",
            "Premium", "€15.00", "00:30", "Sunday, 2 March", "2 Mar 2031", `Ticket ${n + 1}/2`]) {
            assert.ok(page.includes(text), `${text} in ${page}`);
        }
        assert.match(page, new RegExp(`Row Seat .*\\bC ${7 + n} Price`));
    }
});

test("the PDF is in the reader's language", async () => {
    const token = makeBuyer();
    const booking = await buy(makeChineseShow(smallHall), token, { seats: ["A-1"] });
    const [page] = textOf((await file(booking, "pdf", token, inChinese)).bytes);
    for (const text of ["英雄", "Hero, or", "3月2日 星期日", "标准座", "电影"]) assert.ok(page.includes(text), `${text} in ${page}`);
    assert.doesNotMatch(page, /Saturday|Standard/);
});

test("amounts have the decimals of their currency, and places that are all alike have no row", async () => {
    const token = makeBuyer();
    for (const [currency, text] of [["JPY", "¥2,500"], ["KWD", "2.500"]]) {
        const booking = await buy(makeShow({ places: 20, prices: { standard: 2500 }, currency }), token, { quantity: 1 });
        const [page] = textOf((await file(booking, "pdf", token)).bytes);
        assert.ok(page.includes(text), `${text} in ${page}`);
        assert.ok(page.includes(booking.seats[0].seat), page);
        assert.doesNotMatch(page, /Row/);
    }
});

test("a file that was fetched once is not sent again while nothing has changed", async () => {
    const token = makeBuyer();
    const booking = await buy(makeShow(smallHall), token, { seats: ["A-1"] });
    for (const kind of ["pdf", "ics"]) {
        const { headers } = await file(booking, kind, token);
        const path = `/api/v1/bookings/${booking.booking_id}/tickets.${kind}`;
        assert.equal((await send("GET", path, { token, headers: { "If-None-Match": headers.etag } })).status, 304);
    }
});

test("another program reads the calendar: when, where, which seats, and an alarm", async () => {
    const token = makeBuyer();
    const showId = makeChineseShow(smallHall);
    const booking = await buy(showId, token, { seats: ["B-2", "B-3"] });
    const answer = await file(booking, "ics", token);
    assert.equal(answer.headers["content-type"], "text/calendar; charset=utf-8");
    assert.ok(answer.headers["content-disposition"].startsWith(`attachment; filename="tickets-${booking.booking_id}.ics"`));

    const calendar = new ICAL.Component(ICAL.parse(answer.text));
    assert.equal(calendar.getFirstPropertyValue("method"), "PUBLISH");
    assert.ok(calendar.getFirstPropertyValue("prodid"));
    const components = calendar.getAllSubcomponents("vevent");
    assert.equal(components.length, 1);
    const event = new ICAL.Event(components[0]);
    assert.equal(event.uid, booking.booking_id);
    assert.equal(event.summary, "Hero, or: a tale; with \\ signs");
    assert.equal(event.location, "Testville Odeon, 1 High Street, Testville");
    assert.equal(event.startDate.toJSDate().toISOString(), "2031-03-01T23:30:00.000Z");
    assert.equal(event.endDate.toJSDate().toISOString(), "2031-03-02T01:09:00.000Z");
    assert.match(event.description, /seats: B-2, B-3\n/);
    assert.equal(components[0].getFirstPropertyValue("url"), `${gateway}/bookings/${booking.booking_id}`);
    assert.equal(components[0].getFirstPropertyValue("status"), "CONFIRMED");
    assert.deepEqual(components[0].getFirstPropertyValue("geo"), [-54.42, 3.36]);
    assert.equal(components[0].getAllSubcomponents("valarm").length, 1);

    const chinese = new ICAL.Component(ICAL.parse((await file(booking, "ics", token, inChinese)).text));
    assert.equal(new ICAL.Event(chinese.getFirstSubcomponent("vevent")).summary, "英雄");
});

test("the booking's page links to both files once it is paid, and not before", async () => {
    const token = makeBuyer();
    const showId = makeShow(smallHall);
    const cookies = new Map([["boxoffice_session", token]]);
    const held = await hold(showId, token, { seats: ["A-1"] });
    const page = () => expect(200, "GET", `/bookings/${held.booking_id}`, { cookies }).then(({ text }) => text);
    assert.doesNotMatch(await page(), /tickets\.(pdf|ics)/);
    await expect(202, "POST", `/api/v1/bookings/${held.booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    const paid = await eventually(page, (text) => text.includes("tickets.pdf"));
    for (const kind of ["pdf", "ics"]) {
        const [path] = new RegExp(`/api/v1/bookings/[^"]*/tickets\\.${kind}`).exec(paid);
        await expect(200, "GET", path, { cookies });
    }
});

test("files are for the buyer, of what exists and is paid", async () => {
    const [token, stranger] = makeBuyers(2);
    const held = await hold(makeShow(smallHall), token, { seats: ["A-1"] });
    for (const kind of ["pdf", "ics"]) {
        const path = `/api/v1/bookings/${held.booking_id}/tickets.${kind}`;
        await refused(409, "not_paid", { booking_status: "held" }, "GET", path, { token });
        await refused(404, "not_found", {}, "GET", path, { token: stranger });
        await refused(401, "not_signed_in", {}, "GET", path);
        await refused(404, "not_found", {}, "GET", `/api/v1/bookings/bk_1_${"0".repeat(32)}/tickets.${kind}`, { token });
        await refused(404, "not_found", {}, "GET", `/api/v1/bookings/nonsense/tickets.${kind}`, { token });
    }
});

test("however many ask at once, each gets the file or is told to come again, and nobody else waits for them", async () => {
    const token = makeBuyer();
    const { booking_id } = await buy(makeShow({ places: 20 }), token, { quantity: 10 });
    let pending = 200;
    const files = Array.from({ length: pending }, () =>
        send("GET", `/api/v1/bookings/${booking_id}/tickets.pdf`, { token }).finally(() => { pending -= 1; }));
    await expect(200, "GET", "/api/v1/me", { token });
    assert.ok(pending > 0, "all were drawn before");
    const answers = await Promise.all(files);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
        isProblem(answer, 503, "busy");
        assert.ok(answer.headers["retry-after"]);
    }
    const drawn = answers.filter(({ status }) => status === 200);
    assert.ok(drawn.length >= 64 && drawn.length < answers.length, `${drawn.length} of ${answers.length} were drawn`);
    for (const { bytes } of drawn) assert.ok(bytes.equals(drawn[0].bytes));
});

test("void tickets are not in the files, and when all are void there are none", async () => {
    const token = makeBuyer();
    const booking = await buy(makeShow(smallHall), token, { seats: ["A-1", "A-2"] });
    const id = booking.booking_id.split("_")[2];
    const makeVoid = (seat) => sql(`update sales.tickets set status = 'void', voided_at = now() where replace(booking_id::text, '-', '') = '${id}' and seat = '${seat}'`);
    const restore = () => sql(`update sales.tickets set status = 'valid', voided_at = null where replace(booking_id::text, '-', '') = '${id}'`);
    makeVoid("A-1");
    assert.deepEqual(codesOf((await file(booking, "pdf", token)).bytes), [booking.tickets[1].code]);
    makeVoid("A-2");
    const path = `/api/v1/bookings/${booking.booking_id}/tickets.pdf`;
    try {
        await refused(409, "not_paid", { booking_status: "paid" }, "GET", path, { token });
    } finally {
        restore(); // what no function did must not be left behind
    }
});

endInPeace();

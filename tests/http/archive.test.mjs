// Shows of years ago: into the archive, into files, and back, by ./boxoffice archive; their buyers still see what they bought.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { eventually, expect, get, refused } from "../support/client.mjs";
import { hold, makeBuyer, makeShow } from "../support/house.mjs";
import { endsInPeace, root, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();

const scratch = mkdtempSync(join(tmpdir(), "boxoffice-archive-"));
const directory = join(scratch, "files");
after(() => rmSync(scratch, { recursive: true }));
const buyer = makeBuyer();
const showId = makeShow({ rows: [{ row: "A", seats: 6 }] });

function archive(...options) {
    const run = spawnSync(join(root, "boxoffice"), ["archive", ...options], { encoding: "utf8" });
    return { code: run.status, text: run.stdout + run.stderr };
}

// What a buyer sees of a booking.
async function seen(bookingId) {
    const text = async (path) => (await expect(200, "GET", path, { token: buyer })).text;
    const booking = await get(`/api/v1/bookings/${bookingId}`, { token: buyer });
    const pdf = await expect(200, "GET", `/api/v1/bookings/${bookingId}/tickets.pdf`, { token: buyer });
    assert.equal(pdf.bytes.subarray(0, 5).toString(), "%PDF-");
    assert.match(await text(`/bookings/${bookingId}`), /Testville/);
    return {
        booking,
        list: await get("/api/v1/bookings", { token: buyer }),
        calendar: await text(`/api/v1/bookings/${bookingId}/tickets.ics`),
        qr: await text(booking.tickets[0].qr_url),
    };
}

test("a booking of years ago opens from the archive, from files that were read back, and after the show was brought back", async () => {
    const booking = await hold(showId, buyer, { quantity: 2 });
    await expect(202, "POST", `/api/v1/bookings/${booking.booking_id}/payments`, { token: buyer, json: { payment_method: "pm_card_visa" } });
    await eventually(() => get(`/api/v1/bookings/${booking.booking_id}`, { token: buyer }), ({ status }) => status === "paid");
    await hold(showId, buyer, { quantity: 1 });
    await eventually(
        () => sql(`select count(*) from ops.outbox where show_id = ${showId} and done_at is null`),
        (count) => count === "0",
        30,
    );
    sql(`
        update sales.shows set starts_at = '2020-03-01 20:00+00', ends_at = '2020-03-01 22:00+00' where show_id = ${showId};
        update sales.bookings set expires_at = now() - interval '10 s', held_until = now() - interval '5 s', created_at = now() - interval '1 h'
        where show_id = ${showId} and status = 'held';
        select sales.expire_bookings(${showId});
        update ops.outbox set done_at = now() where show_id = ${showId} and done_at is null;`);
    const before = await seen(booking.booking_id);

    const wrote = archive("--before", "2021-01-01", "--to", directory);
    assert.equal(wrote.code, 0, wrote.text);
    assert.match(wrote.text, /wrote 1 shows? to /);
    const files = readdirSync(directory);
    assert.ok(["SHA256SUMS", "bookings.csv.gz", "documents.csv.gz", "show_seats.csv.gz"].every((file) => files.includes(file)), `${files}`);
    assert.equal(sql(`select count(*) from sales.show_seats where show_id = ${showId}`), "0");
    assert.deepEqual(await seen(booking.booking_id), before);

    const removed = archive("--before", "2021-01-01", "--to", `${directory}-2`, "--remove");
    assert.equal(removed.code, 0, removed.text);
    assert.equal(sql(`select count(*) from history.bookings where show_id = ${showId}`), "0");
    await refused(404, "not_found", {}, "GET", `/api/v1/bookings/${booking.booking_id}`, { token: buyer });
    assert.throws(() => sql(`select archive.bring_back(${showId})`), /read them with/);

    const read = archive("--read", `${directory}-2`);
    assert.equal(read.code, 0, read.text);
    assert.match(read.text, /read 1 shows? from /);
    assert.deepEqual(await seen(booking.booking_id), before);
    const again = archive("--read", directory);
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(await seen(booking.booking_id), before);

    sql(`select archive.bring_back(${showId})`);
    assert.equal(sql(`select count(*) from sales.show_seats where show_id = ${showId}`), "6");
    assert.deepEqual(await seen(booking.booking_id), before);
});

test("files that were changed are not read, and bad options are named", () => {
    appendFileSync(join(directory, "bookings.csv.gz"), "x");
    const spoilt = archive("--read", directory);
    assert.notEqual(spoilt.code, 0);
    assert.match(spoilt.text, /is not what was written: bookings\.csv\.gz/);
    for (const [options, message] of [
        [["--before", "someday"], /--before is a date in the past/],
        [["--before", "2999-01-01"], /--before is a date in the past/],
        [["--before"], /--before needs a value/],
        [["--before", "2021-01-01", "--to", directory], /exists already/],
        [["--read", "/nowhere/at/all"], /there is no directory/],
        [["--all"], /unknown option '--all'/],
        [[], /usage: /],
    ]) {
        const run = archive(...options);
        assert.notEqual(run.code, 0, `${options}`);
        assert.match(run.text, message);
    }
});

endInPeace();

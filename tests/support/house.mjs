// What tests sell: shows of their own, made by the same functions that staff use, and buyers who are signed in.
import { createHash, randomBytes } from "node:crypto";
import { eventually, expect, get } from "./client.mjs";
import { quoted, sql } from "./instance.mjs";

const venue = `
    insert into catalog.cities (slug, name, country, timezone, latitude, longitude)
    values ('testville', 'Testville', 'BV', 'Europe/Oslo', -54.42, 3.36)
    on conflict (slug) do nothing;
    insert into catalog.venues (city_id, name, address, latitude, longitude)
    select c.city_id, 'Testville Odeon', '1 High Street', -54.42, 3.36
    from catalog.cities as c
    where c.slug = 'testville'
    on conflict (city_id, name) do nothing;
    insert into catalog.events (kind, title, duration_minutes)
    select 'talk', 'A Talk for Tests', 90
    where not exists (select from catalog.events as e where e.title = 'A Talk for Tests');`;

// Makes a show and returns its id. Either rows, as catalog.create_hall takes them, or places. The other settings are
// columns of sales.shows.
export function makeShow({ rows, places, prices = { standard: 1200 }, ...columns }) {
    const settings = Object.entries(columns).map(([name, value]) => `${name} = ${quoted(value)}`);
    return Number(sql(`
        ${venue}
        select sales.create_show(
            (select e.event_id from catalog.events as e where e.title = 'A Talk for Tests' order by 1 limit 1),
            catalog.create_hall(
                (select v.venue_id from catalog.venues as v where v.name = 'Testville Odeon'),
                ${quoted(randomBytes(8).toString("hex"))},
                ${rows ? quoted(JSON.stringify(rows)) : "null"},
                ${places ?? "null"}
            ),
            now() + interval '3 days',
            ${quoted(JSON.stringify(prices))},
            'EUR'
        ) as show_id \\gset
        ${settings.length ? `update sales.shows set ${settings.join(", ")} where show_id = :show_id;` : ""}
        select :show_id;`));
}

// Three rows of eight with an aisle in the middle, the last one dearer.
export const smallHall = {
    rows: [
        { row: "A", seats: 8, gaps: [4], accessible: [1, 8] },
        { row: "B", seats: 8, gaps: [4] },
        { row: "C", seats: 8, gaps: [4], tier: "premium" },
    ],
    prices: { standard: 1200, premium: 1500 },
};

// Session tokens of new customers, who have no password.
export function makeBuyers(count) {
    const tokens = Array.from({ length: count }, () => randomBytes(16).toString("hex"));
    const hash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
    sql(`
        with sessions as (
            select t.token, t.n
            from unnest(array[${tokens.map(quoted).join()}]) with ordinality as t (token, n)
        ),
        users as (
            insert into account.users (email, name, password_hash)
            select s.token || '@test.example', 'Tess Tester', ${quoted(hash)}
            from sessions as s
            returning user_id, email
        )
        insert into account.sessions (token_hash, user_id, expires_at)
        select sha256(convert_to(s.token, 'UTF8')), u.user_id, now() + interval '1 day'
        from sessions as s
        inner join users as u
            on u.email = s.token || '@test.example';`);
    return tokens;
}

export const makeBuyer = () => makeBuyers(1)[0];

export function makeAdmin() {
    const token = makeStaff();
    sql(`update account.users set role = 'admin' where email = '${token}@test.example'`);
    return token;
}

export function makeStaff() {
    const token = makeBuyer();
    sql(`update account.users set role = 'staff' where email = '${token}@test.example'`);
    return token;
}

// The tickets, each {ticket_id, uuid, seat, code, …}, that a new buyer of `count` seats gets.
export async function buyTickets(showId, count, token = makeBuyer()) {
    const { booking_id } = await hold(showId, token, { quantity: count });
    await expect(202, "POST", `/api/v1/bookings/${booking_id}/payments`, { token, json: { payment_method: "pm_card_visa" } });
    const paid = await eventually(() => get(`/api/v1/bookings/${booking_id}`, { token }), ({ status }) => status === "paid");
    return paid.tickets.map((ticket) => ({ ...ticket, uuid: ticket.ticket_id.split("_")[2] }));
}

export const tokenHash = (token) => createHash("sha256").update(token).digest("hex");

// Holds seats over the API; the booking.
export async function hold(showId, token, wish, headers) {
    return (await expect(201, "POST", `/api/v1/shows/${showId}/holds`, { token, json: wish, headers })).body;
}

// Makes the live holds of a show lapse at this moment.
export function letLapse(showId) {
    sql(`
        begin;
        update sales.bookings
        set created_at = now() - interval '1 hour', expires_at = now() - interval '6 seconds', held_until = now() - interval '1 second'
        where show_id = ${showId} and status = 'held';
        update sales.show_seats
        set held_until = now() - interval '1 second'
        where show_id = ${showId} and status = 'held';
        commit;`);
}

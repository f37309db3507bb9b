// Where limits by address apply, many accounts of one address cannot hold a whole show. The tests' own address is exempt, so they speak to the
// server as the gateway does for a client that is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expect, refused, send } from "../support/client.mjs";
import { makeBuyers, makeShow, smallHall } from "../support/house.mjs";
import { endsInPeace, server } from "../support/instance.mjs";

const endInPeace = endsInPeace();
const at = (address, more) => ({ base: server, headers: { "X-Gateway": "limited", "X-Forwarded-For": address }, ...more });
const path = (show) => `/api/v1/shows/${show}/holds`;

test("an address holds so many seats of a show at a time, whatever the number of its accounts", async () => {
    const show = makeShow({ places: 100, max_seats_per_address: 20 });
    const buyers = makeBuyers(6);
    for (const token of buyers.slice(0, 2))
        await expect(201, "POST", path(show), at("192.0.2.1", { token, json: { quantity: 8 } }));
    await refused(422, "too_many_seats", { max_seats: 10, max_seats_per_address: 20, held: 16 }, "POST", path(show), at("192.0.2.1", { token: buyers[2], json: { quantity: 5 } }));
    await expect(201, "POST", path(show), at("192.0.2.1", { token: buyers[2], json: { quantity: 4 } }));
    await expect(201, "POST", path(show), at("192.0.2.2", { token: buyers[3], json: { quantity: 5 } }));
    await expect(201, "POST", path(show), { token: buyers[4], json: { quantity: 5 } });
});

test("requests that arrive together count together", async () => {
    const show = makeShow({ places: 1000, max_seats_per_address: 30 });
    const answers = await Promise.all(makeBuyers(60).map((token) => send("POST", path(show), at("192.0.2.3", { token, json: { quantity: 3 } }))));
    const granted = answers.filter(({ status }) => status === 201).length;
    assert.ok(granted >= 10 && granted <= 20, `${granted} of 60 holds of three seats`);
    assert.ok(answers.every(({ status }) => status === 201 || status === 422));
});

test("the same seat is not held again and again from one address", async () => {
    const show = makeShow(smallHall);
    const buyers = makeBuyers(5);
    const seat = "A-1";
    for (const token of buyers.slice(0, 3)) {
        const { body } = await expect(201, "POST", path(show), at("192.0.2.4", { token, json: { seats: [seat] } }));
        await expect(204, "DELETE", `/api/v1/bookings/${body.booking_id}`, { token });
    }
    const answer = await send("POST", path(show), at("192.0.2.4", { token: buyers[3], json: { seats: [seat] } }));
    assert.deepEqual([answer.status, answer.body.code, answer.headers["retry-after"] > 0], [429, "rate_limited", true]);
    await expect(201, "POST", path(show), { token: buyers[4], json: { seats: [seat] } });
});

endInPeace();

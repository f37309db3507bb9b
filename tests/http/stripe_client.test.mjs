// Stripe's own client drives the payment sandbox: what it understands, the worker's client and a real account understand.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import Stripe from "stripe";
import { eventually, expect } from "../support/client.mjs";
import { quoted, sandbox, sql, stripeKey } from "../support/instance.mjs";

const { hostname, port } = new URL(sandbox);
const client = (key, options) => new Stripe(key, { host: hostname, port, protocol: "http", maxNetworkRetries: 0, ...options });
const stripe = client(stripeKey);

const card = (payment_method, more) => ({
    amount: 2400,
    currency: "eur",
    payment_method,
    payment_method_types: ["card"],
    confirm: true,
    capture_method: "manual",
    ...more,
});
const refusedWith = (code, status) => (error) => {
    assert.equal(error.code, code, error.message);
    assert.equal(error.statusCode, status);
    return true;
};
const misbehave = (form) => expect(200, "POST", "/sandbox/behaviour", { base: sandbox, token: stripeKey, form });

after(() => misbehave({}));

test("an intent is authorized, captured, and refunded in parts, never beyond what was taken", async () => {
    const intent = await stripe.paymentIntents.create(card("pm_card_visa", { metadata: { purpose: "test" } }));
    assert.equal(intent.status, "requires_capture");
    assert.equal(intent.amount_capturable, 2400);
    assert.deepEqual(intent.metadata, { purpose: "test" });

    const captured = await stripe.paymentIntents.capture(intent.id);
    assert.equal(captured.status, "succeeded");
    assert.equal(captured.amount_received, 2400);
    await assert.rejects(stripe.paymentIntents.capture(intent.id), (error) => {
        assert.equal(error.payment_intent.status, "succeeded");
        return refusedWith("payment_intent_unexpected_state", 400)(error);
    });

    const part = await stripe.refunds.create({ payment_intent: intent.id, amount: 400, reason: "requested_by_customer" });
    assert.equal(part.status, "succeeded");
    assert.equal((await stripe.charges.retrieve(part.charge)).amount_refunded, 400);
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 2001 }), { statusCode: 400, param: "amount" });
    assert.equal((await stripe.refunds.create({ charge: part.charge })).amount, 2000);
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), refusedWith("charge_already_refunded", 400));
});

test("an authorization is released by cancelling it, and can be neither captured nor refunded then", async () => {
    const intent = await stripe.paymentIntents.create(card("pm_card_mastercard"));
    assert.equal((await stripe.paymentIntents.cancel(intent.id)).status, "canceled");
    await assert.rejects(stripe.paymentIntents.capture(intent.id), refusedWith("payment_intent_unexpected_state", 400));
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), { statusCode: 400 });
});

test("less than was authorized can be captured, more cannot", async () => {
    const intent = await stripe.paymentIntents.create(card("pm_card_visa"));
    await assert.rejects(stripe.paymentIntents.capture(intent.id, { amount_to_capture: 2401 }), refusedWith("amount_too_large", 400));
    assert.equal((await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1000 })).amount_received, 1000);
});

test("declined cards are card errors with the bank's reason, and the intent takes another card", async () => {
    const reasons = {
        pm_card_chargeDeclined: ["card_declined", "generic_decline"],
        pm_card_chargeDeclinedInsufficientFunds: ["card_declined", "insufficient_funds"],
        pm_card_visa_chargeDeclinedLostCard: ["card_declined", "lost_card"],
        pm_card_chargeDeclinedExpiredCard: ["expired_card", undefined],
    };
    for (const [token, [code, decline]] of Object.entries(reasons)) {
        await assert.rejects(stripe.paymentIntents.create(card(token)), (error) => {
            assert.ok(error instanceof Stripe.errors.StripeCardError);
            assert.equal(error.decline_code, decline);
            assert.equal(error.payment_intent.status, "requires_payment_method");
            return refusedWith(code, 402)(error);
        });
    }
    const intent = await stripe.paymentIntents.create({ amount: 50, currency: "usd" });
    await assert.rejects(stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_chargeDeclined" }), { statusCode: 402 });
    assert.equal((await stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" })).status, "succeeded");
});

test("amounts are whole in currencies without decimals, and end in 0 in those with three", async () => {
    const yen = await stripe.paymentIntents.create(card("pm_card_visa", { amount: 75, currency: "jpy" }));
    assert.deepEqual([yen.amount, yen.currency], [75, "jpy"]);
    assert.equal((await stripe.paymentIntents.create(card("pm_card_visa", { amount: 5120, currency: "kwd" }))).amount, 5120);
    await assert.rejects(stripe.paymentIntents.create(card("pm_card_visa", { amount: 5124, currency: "kwd" })), { statusCode: 400, param: "amount" });
});

test("a card that asks for its owner waits for the action, or is declined where nobody is there", async () => {
    const waiting = await stripe.paymentIntents.create(card("pm_card_authenticationRequired"));
    assert.equal(waiting.status, "requires_action");
    for (const absent of [{ error_on_requires_action: true }, { off_session: true }]) {
        await assert.rejects(stripe.paymentIntents.create(card("pm_card_authenticationRequired", absent)), refusedWith("authentication_required", 402));
    }
});

test("a request repeated under its idempotency key gets the first answer, a declined card's too, and another request is refused", async () => {
    const idempotencyKey = randomUUID();
    const first = await stripe.paymentIntents.create(card("pm_card_visa"), { idempotencyKey });
    await stripe.paymentIntents.capture(first.id);
    const repeat = await stripe.paymentIntents.create(card("pm_card_visa"), { idempotencyKey });
    assert.equal(repeat.id, first.id);
    assert.equal(repeat.status, "requires_capture");
    assert.equal(repeat.lastResponse.headers["idempotent-replayed"], "true");
    await assert.rejects(stripe.paymentIntents.create(card("pm_card_visa", { amount: 1 }), { idempotencyKey }), Stripe.errors.StripeIdempotencyError);

    const declined = { idempotencyKey: randomUUID() };
    const intents = await Promise.all([1, 2].map(() => stripe.paymentIntents.create(card("pm_card_chargeDeclined"), declined).catch((error) => error.payment_intent.id)));
    assert.equal(intents[0], intents[1]);
});

test("of many requests with one idempotency key at the same time one charges", async () => {
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => stripe.paymentIntents.create(card("pm_card_visa"), { idempotencyKey })));
    assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
});

test("a request that is refused leaves its idempotency key free", async () => {
    const idempotencyKey = randomUUID();
    await assert.rejects(stripe.paymentIntents.create(card("pm_nonsense"), { idempotencyKey }), refusedWith("resource_missing", 400));
    assert.equal((await stripe.paymentIntents.create(card("pm_card_visa"), { idempotencyKey })).status, "requires_capture");
});

test("wrong keys, unknown objects and wrong parameters are refused in Stripe's words", async () => {
    for (const key of ["sk_live_1", "sk_test_boxoffice", "sk_test_", `${stripeKey}0`, stripeKey.slice(0, -1), stripeKey.toUpperCase()]) {
        await assert.rejects(client(key).paymentIntents.retrieve("pi_1"), Stripe.errors.StripeAuthenticationError, key);
        await expect(401, "POST", "/sandbox/behaviour", { base: sandbox, token: key, form: {} });
    }
    await assert.rejects(stripe.paymentIntents.retrieve("pi_1"), refusedWith("resource_missing", 404));
    const wrong = [
        [{ currency: "eur" }, "parameter_missing", "amount"],
        [{ amount: 0, currency: "eur" }, "parameter_invalid_integer", "amount"],
        [{ amount: 1.5, currency: "eur" }, "parameter_invalid_integer", "amount"],
        [{ amount: 10 ** 12, currency: "eur" }, "amount_too_large", "amount"],
        [{ amount: 100_000_000, currency: "eur" }, "amount_too_large", "amount"],
        [{ amount: 49, currency: "eur" }, "amount_too_small", "amount"],
        [{ amount: 14_999, currency: "vnd" }, "amount_too_small", "amount"],
        [{ amount: 5 }, "parameter_missing", "currency"],
        [{ amount: 50, currency: "eur", colour: "red" }, "parameter_unknown", "colour"],
        [{ amount: [1], currency: "eur" }, "parameter_invalid_string", "amount"],
        [{ amount: 50, currency: "eur", customer: "cus_1" }, "resource_missing", "customer"],
        [{ amount: 50, currency: "eur", metadata: "no" }, "parameter_invalid_object", "metadata"],
    ];
    for (const [parameters, code, param] of wrong) {
        await assert.rejects(stripe.paymentIntents.create(parameters), (error) => {
            assert.equal(error.param, param, error.message);
            return refusedWith(code, 400)(error);
        });
    }
});

const session = (more) => ({
    mode: "payment",
    success_url: "http://shop.example/done?session={CHECKOUT_SESSION_ID}",
    cancel_url: "http://shop.example/back",
    line_items: [{ quantity: 2, price_data: { currency: "eur", unit_amount: 1200, product_data: { name: "A seat" } } }],
    payment_intent_data: { capture_method: "manual", metadata: { purpose: "test" } },
    ...more,
});
const act = async (url, form) => (await expect(303, "POST", new URL(url).pathname, { base: sandbox, form })).headers.location;

test("what the real provider does not know is refused: currencies, versions, and what to expand", async () => {
    for (const currency of ["zzz", "xxx", "btc", "clf", "std", "eu", "€"]) {
        await assert.rejects(stripe.paymentIntents.create(card("pm_card_visa", { currency })), { statusCode: 400, param: "currency" }, currency);
        const line_items = [{ quantity: 1, price_data: { currency, unit_amount: 1200, product_data: { name: "A seat" } } }];
        await assert.rejects(stripe.checkout.sessions.create(session({ line_items })), { statusCode: 400 }, currency);
    }
    const ask = (version) => expect(version === "2024-06-20" ? 200 : 400, "GET", "/v1/balance", { base: sandbox, token: stripeKey, headers: { "Stripe-Version": version } });
    for (const version of ["2024-06-20", "banana", "2024-06-21", "2025-06-30.banana", "1"]) await ask(version);
    const intent = await stripe.paymentIntents.create(card("pm_card_visa"));
    for (const path of ["banana", "latest_charge.banana", "amount", "data", "latest_charge.payment_intent.latest_charge.payment_intent.customer"]) {
        await assert.rejects(stripe.paymentIntents.retrieve(intent.id, { expand: [path] }), { statusCode: 400 }, path);
    }
    await assert.rejects(stripe.paymentIntents.list({ expand: ["latest_charge"] }), { statusCode: 400 });
    const whole = await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge.payment_intent", "payment_method"] });
    assert.deepEqual([whole.latest_charge.object, whole.latest_charge.payment_intent.id, whole.payment_method.object], ["charge", intent.id, "payment_method"]);
    const listed = await stripe.paymentIntents.list({ limit: 1, expand: ["data.latest_charge"] });
    assert.equal(listed.data[0].latest_charge.object, "charge");
});

test("intents, charges, disputes, sessions, refunds, customers and events are listed by pages, either way", async () => {
    const customer = await stripe.customers.create({ email: `${randomUUID()}@test.example` });
    const made = [];
    for (let n = 0; n < 5; ++n) made.unshift(await stripe.paymentIntents.create(card("pm_card_visa", { customer: customer.id })));
    const ids = (list) => list.data.map(({ id }) => id);
    const all = made.map(({ id }) => id);
    const first = await stripe.paymentIntents.list({ customer: customer.id, limit: 2 });
    assert.deepEqual([ids(first), first.has_more, first.url], [all.slice(0, 2), true, "/v1/payment_intents"]);
    const second = await stripe.paymentIntents.list({ customer: customer.id, limit: 2, starting_after: all[1] });
    assert.deepEqual([ids(second), second.has_more], [all.slice(2, 4), true]);
    const back = await stripe.paymentIntents.list({ customer: customer.id, limit: 2, ending_before: all[4] });
    assert.deepEqual([ids(back), back.has_more], [all.slice(2, 4), true]);
    const found = [];
    for await (const intent of stripe.paymentIntents.list({ customer: customer.id, limit: 2 })) found.push(intent.id);
    assert.deepEqual(found, all);
    assert.deepEqual(ids(await stripe.charges.list({ customer: customer.id })), made.map((intent) => intent.latest_charge));
    assert.deepEqual(ids(await stripe.charges.list({ payment_intent: all[3] })), [made[3].latest_charge]);
    assert.deepEqual(ids(await stripe.customers.list({ email: customer.email })), [customer.id]);
    await assert.rejects(stripe.paymentIntents.list({ starting_after: all[0], ending_before: all[1] }), { statusCode: 400 });
    await assert.rejects(stripe.paymentIntents.list({ starting_after: "pi_nobody" }), refusedWith("resource_missing", 400));
    await assert.rejects(stripe.paymentIntents.list({ limit: 101 }), { statusCode: 400 });
    await assert.rejects(stripe.paymentIntents.list({ colour: "red" }), refusedWith("parameter_unknown", 400));

    const captured = await stripe.paymentIntents.capture(all[0]);
    const refund = await stripe.refunds.create({ payment_intent: captured.id, amount: 100 });
    assert.deepEqual(ids(await stripe.refunds.list({ charge: captured.latest_charge })), [refund.id]);
    const open = await stripe.checkout.sessions.create(session());
    assert.ok(ids(await stripe.checkout.sessions.list({ status: "open", limit: 100 })).includes(open.id));
    assert.ok(!ids(await stripe.checkout.sessions.list({ status: "complete", limit: 100 })).includes(open.id));

    const since = { created: { gte: captured.created }, types: ["refund.created", "payment_intent.succeeded"] };
    const told = [];
    for await (const event of stripe.events.list({ ...since, limit: 1 })) told.push(event);
    assert.ok(told.some(({ data }) => data.object.id === refund.id));
    assert.ok(told.every(({ type }) => since.types.includes(type)));
    assert.deepEqual(told.map(({ created }) => created), told.map(({ created }) => created).sort((a, b) => b - a));
    const balance = await stripe.balance.retrieve();
    assert.ok(balance.pending.some(({ currency, amount }) => currency === "eur" && amount > 0));
});

test("intents, refunds and customers are updated, as far as they can be", async () => {
    const intent = await stripe.paymentIntents.create({ amount: 2400, currency: "eur", metadata: { a: "1", b: "2" } });
    const changed = await stripe.paymentIntents.update(intent.id, { amount: 2500, description: "Two seats", metadata: { a: "", c: "3" } });
    assert.deepEqual([changed.amount, changed.description, changed.metadata], [2500, "Two seats", { b: "2", c: "3" }]);
    await assert.rejects(stripe.paymentIntents.update(intent.id, { amount: 10 }), refusedWith("amount_too_small", 400));
    const paid = await stripe.paymentIntents.create(card("pm_card_visa"));
    await assert.rejects(stripe.paymentIntents.update(paid.id, { amount: 2500 }), refusedWith("payment_intent_unexpected_state", 400));
    assert.equal((await stripe.paymentIntents.update(paid.id, { metadata: { a: "1" } })).metadata.a, "1");
    await stripe.paymentIntents.capture(paid.id);
    const refund = await stripe.refunds.create({ payment_intent: paid.id });
    assert.equal((await stripe.refunds.update(refund.id, { metadata: { why: "ill" } })).metadata.why, "ill");
    const customer = await stripe.customers.create({ email: "a@test.example" });
    assert.equal((await stripe.customers.update(customer.id, { email: "b@test.example" })).email, "b@test.example");
    await assert.rejects(stripe.customers.update("cus_nobody", { email: "b@test.example" }), refusedWith("resource_missing", 404));
});

test("a checkout session is paid on its page, after a declined card and an authentication", async () => {
    const open = await stripe.checkout.sessions.create(session());
    assert.deepEqual([open.status, open.amount_total, open.payment_intent], ["open", 2400, null]);
    const page = new URL(open.url).pathname;

    assert.equal(await act(open.url, { act: "pay", card: "pm_card_chargeDeclined" }), page);
    assert.match((await expect(200, "GET", page, { base: sandbox })).text, /role="alert">Your card was declined/);
    assert.equal(await act(open.url, { act: "pay", card: "pm_card_authenticationRequired" }), page);
    assert.equal(await act(open.url, { act: "refuse" }), page);
    assert.equal(await act(open.url, { act: "pay", card: "pm_card_authenticationRequired" }), page);
    assert.equal(await act(open.url, { act: "approve" }), `http://shop.example/done?session=${open.id}`);

    const paid = await stripe.checkout.sessions.retrieve(open.id);
    assert.equal(paid.status, "complete");
    const intent = await stripe.paymentIntents.retrieve(paid.payment_intent);
    assert.equal(intent.status, "requires_capture");
    assert.deepEqual(intent.metadata, { purpose: "test" });
    assert.equal(await act(open.url, { act: "pay", card: "pm_card_visa" }), `http://shop.example/done?session=${open.id}`);
});

test("an expired checkout session takes no money", async () => {
    const open = await stripe.checkout.sessions.create(session());
    assert.equal((await stripe.checkout.sessions.expire(open.id)).status, "expired");
    const late = await expect(410, "POST", new URL(open.url).pathname, { base: sandbox, form: { act: "pay", card: "pm_card_visa" } });
    assert.match(late.text, /expired/);
    assert.equal((await stripe.checkout.sessions.retrieve(open.id)).payment_intent, null);
    await assert.rejects(stripe.checkout.sessions.expire(open.id), { statusCode: 400 });
    await expect(404, "GET", "/pay/cs_test_nothing", { base: sandbox });
});

test("a checkout session lives for 30 minutes at least", async () => {
    const at = (minutes) => ({ expires_at: Math.floor(Date.now() / 1000) + minutes * 60 });
    await assert.rejects(stripe.checkout.sessions.create(session(at(29))), { statusCode: 400, param: "expires_at" });
    assert.equal((await stripe.checkout.sessions.create(session(at(30)))).status, "open");
});

test("a card is saved by a setup intent and charged later without its owner, for its own customer only", async () => {
    const customer = await stripe.customers.create({ email: "saver@test.example" });
    const setup = await stripe.setupIntents.create({ customer: customer.id, payment_method: "pm_card_visa", confirm: true });
    assert.equal(setup.status, "succeeded");
    assert.equal((await stripe.paymentMethods.retrieve(setup.payment_method)).card.last4, "4242");
    const charge = await stripe.paymentIntents.create(card(setup.payment_method, { customer: customer.id, off_session: true }));
    assert.equal(charge.status, "requires_capture");
    await assert.rejects(stripe.paymentIntents.create(card(setup.payment_method)), { statusCode: 400, param: "payment_method" });
    await assert.rejects(stripe.setupIntents.create({ customer: customer.id, payment_method: "pm_card_chargeDeclined", confirm: true }), refusedWith("card_declined", 402));
});

test("a card is saved by the purchase itself, and shown whole to who asks for that", async () => {
    const customer = await stripe.customers.create({ metadata: { user_id: "5" } });
    const bought = await stripe.paymentIntents.create(
        card("pm_card_mastercard", { customer: customer.id, setup_future_usage: "off_session", expand: ["payment_method"] }),
    );
    assert.equal(bought.status, "requires_capture");
    assert.deepEqual([bought.payment_method.card.brand, bought.payment_method.card.last4], ["mastercard", "4444"]);
    const again = card(bought.payment_method.id, { customer: customer.id, off_session: true });
    assert.equal((await stripe.paymentIntents.create(again)).status, "requires_capture");
});

test("a card that asks for its owner cannot be saved while nobody is there", async () => {
    const { id } = await stripe.customers.create({});
    const setup = await stripe.setupIntents.create({ customer: id, payment_method: "pm_card_authenticationRequired", confirm: true });
    assert.equal(setup.status, "requires_action");
});

test("a refund may take its time, and may fail after all", async () => {
    const refundOf = async (token) => {
        const intent = await stripe.paymentIntents.create(card(token, { capture_method: "automatic" }));
        return stripe.refunds.create({ payment_intent: intent.id });
    };
    const slow = await refundOf("pm_card_pendingRefund");
    assert.equal(slow.status, "pending");
    await eventually(() => stripe.refunds.retrieve(slow.id), ({ status }) => status === "succeeded");
    const vain = await refundOf("pm_card_refundFail");
    assert.equal(vain.status, "succeeded");
    await eventually(() => stripe.refunds.retrieve(vain.id), ({ status }) => status === "failed");
    assert.equal((await stripe.charges.retrieve(vain.charge)).amount_refunded, 0);
});

test("intents are found by their metadata", async () => {
    const payment_id = randomUUID();
    const search = (query) => stripe.paymentIntents.search({ query });
    const found = async (query) => (await search(query)).data.map(({ id }) => id);
    assert.deepEqual(await found(`metadata['payment_id']:'${payment_id}'`), []);
    const [held, other] = await Promise.all([payment_id, randomUUID()].map((id) => stripe.paymentIntents.create(card("pm_card_visa", { metadata: { payment_id: id } }))));
    await assert.rejects(stripe.paymentIntents.create(card("pm_card_chargeDeclined", { metadata: { payment_id } })), Stripe.errors.StripeCardError);
    const page = await search(`metadata["payment_id"]:"${payment_id}"`);
    assert.deepEqual([page.object, page.has_more, page.next_page], ["search_result", false, null]);
    assert.deepEqual(page.data.map(({ status }) => status), ["requires_payment_method", "requires_capture"]);
    assert.deepEqual(page.data[1], await stripe.paymentIntents.retrieve(held.id));
    assert.deepEqual(await found(`metadata['payment_id']:'${other.metadata.payment_id}'`), [other.id]);
    for (const query of ["status:'succeeded'", "metadata['a']:'b' OR metadata['c']:'d'", `metadata['payment_id']:'${payment_id}"`]) {
        await assert.rejects(search(query), (error) => (assert.match(error.message, /unable to parse/), error.statusCode === 400));
    }
});

test("the refunds of an intent are listed page by page, the newest first", async () => {
    const [intent, other] = await Promise.all([1, 2].map(() => stripe.paymentIntents.create(card("pm_card_visa", { capture_method: "automatic" }))));
    const made = [];
    for (const n of [1, 2, 3, 4, 5]) {
        made.unshift((await stripe.refunds.create({ payment_intent: intent.id, amount: n, metadata: { n } })).id);
    }
    await stripe.refunds.create({ payment_intent: other.id });

    const page = await stripe.refunds.list({ payment_intent: intent.id, limit: 2 });
    assert.deepEqual([page.object, page.url, page.has_more], ["list", "/v1/refunds", true]);
    assert.deepEqual(page.data.map(({ id, object, amount, metadata }) => [id, object, amount, metadata.n]), [[made[0], "refund", 5, "5"], [made[1], "refund", 4, "4"]]);
    const next = await stripe.refunds.list({ payment_intent: intent.id, limit: 3, starting_after: made[1] });
    assert.deepEqual([next.data.map(({ id }) => id), next.has_more], [made.slice(2), false]);
    const all = await stripe.refunds.list({ charge: intent.latest_charge, limit: 2 }).autoPagingToArray({ limit: 100 });
    assert.deepEqual(all.map(({ id }) => id), made);
    const everybodys = await stripe.refunds.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    assert.ok([intent, other].every(({ id }) => everybodys.some(({ payment_intent }) => payment_intent === id)));
    const untouched = await stripe.paymentIntents.create(card("pm_card_visa"));
    assert.deepEqual((await stripe.refunds.list({ payment_intent: untouched.id })).data, []);

    await assert.rejects(stripe.refunds.list({ payment_intent: "pi_nobody" }), refusedWith("resource_missing", 400));
    await assert.rejects(stripe.refunds.list({ starting_after: "re_nobody" }), refusedWith("resource_missing", 400));
    for (const limit of [0, 101]) {
        await assert.rejects(stripe.refunds.list({ limit }), { statusCode: 400, param: "limit" });
    }
});

test("a disputed charge cannot be refunded, and the dispute is won or lost by what the shop says", async () => {
    const disputeOf = async (intent) => {
        const { data } = await stripe.events.list({ type: "charge.dispute.created", limit: 100 });
        return data.map((event) => event.data.object).find(({ payment_intent }) => payment_intent === intent.id);
    };
    const intent = await stripe.paymentIntents.create(card("pm_card_createDispute"));
    await stripe.paymentIntents.capture(intent.id);
    const dispute = await disputeOf(intent);
    assert.deepEqual([dispute.status, dispute.reason, dispute.amount], ["needs_response", "fraudulent", 2400]);
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), refusedWith("charge_disputed", 400));
    assert.equal((await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: "hm" } })).status, "under_review");
    assert.equal((await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: "winning_evidence" } })).status, "won");
    await assert.rejects(stripe.disputes.close(dispute.id), { statusCode: 400 });
    assert.equal((await stripe.refunds.create({ payment_intent: intent.id, amount: 100 })).status, "succeeded");

    const other = await stripe.paymentIntents.create(card("pm_card_visa", { capture_method: "automatic" }));
    const form = { payment_intent: other.id, amount: 500, reason: "duplicate" };
    const made = (await expect(200, "POST", "/sandbox/disputes", { base: sandbox, token: stripeKey, form })).body;
    assert.equal((await stripe.disputes.retrieve(made.id)).amount, 500);
    assert.equal((await stripe.disputes.close(made.id)).status, "lost");
});

const heardOf = (id) => sql(`
    select e.type, count(*) from ops.provider_events as e
    where e.payload #>> '{data,object,id}' = ${quoted(id)} group by 1 order by 1`);

test("events reach the webhook signed, and can be read again", async () => {
    const { id } = await stripe.paymentIntents.create(card("pm_card_visa"));
    await eventually(() => heardOf(id), (heard) => heard === "payment_intent.amount_capturable_updated|1");
    const { data } = await stripe.events.list({ type: "payment_intent.amount_capturable_updated", limit: 100 });
    const event = data.find((each) => each.data.object.id === id);
    assert.equal((await stripe.events.retrieve(event.id)).data.object.status, "requires_capture");
});

test("it misbehaves when told to: late, failing before or after the act, events lost", async () => {
    const before = Date.now();
    await misbehave({ delay_ms: 300 });
    const { id } = await stripe.paymentIntents.create(card("pm_card_visa"));
    assert.ok(Date.now() - before >= 300);

    const failing = { idempotencyKey: randomUUID() };
    await misbehave({ fail_rate: 1 });
    await assert.rejects(stripe.paymentIntents.create(card("pm_card_visa"), failing), Stripe.errors.StripeAPIError);

    const losing = { idempotencyKey: randomUUID() };
    await misbehave({ lose_rate: 1, webhooks_enabled: false });
    await assert.rejects(stripe.paymentIntents.create(card("pm_card_visa"), losing), Stripe.errors.StripeAPIError);
    await assert.rejects(stripe.paymentIntents.cancel(id), Stripe.errors.StripeAPIError);

    await misbehave({});
    assert.equal((await stripe.paymentIntents.retrieve(id)).status, "canceled");
    assert.equal((await stripe.paymentIntents.create(card("pm_card_visa"), failing)).lastResponse.headers["idempotent-replayed"], undefined);
    assert.equal((await stripe.paymentIntents.create(card("pm_card_visa"), losing)).lastResponse.headers["idempotent-replayed"], "true");
    assert.doesNotMatch(heardOf(id), /canceled/);
});

test("it hangs up after the act, at once or after a silence, and the repeat gets the answer", async () => {
    for (const silence of [0, 300]) {
        const key = { idempotencyKey: randomUUID() };
        await misbehave({ drop_rate: 1, idle_ms: silence });
        const before = Date.now();
        await assert.rejects(stripe.paymentIntents.create(card("pm_card_visa"), key), Stripe.errors.StripeConnectionError);
        assert.ok(Date.now() - before >= silence);
        await misbehave({});
        const repeat = await stripe.paymentIntents.create(card("pm_card_visa"), key);
        assert.equal(repeat.lastResponse.headers["idempotent-replayed"], "true");
    }
});

test("its events come twice and out of order when told to", async () => {
    await misbehave({ webhooks_duplicated: true, webhook_spread_ms: 500 });
    const intents = await Promise.all(Array.from({ length: 10 }, () => stripe.paymentIntents.create(card("pm_card_visa"))));
    await Promise.all(intents.map(({ id }) => stripe.paymentIntents.capture(id)));
    const ids = `array[${intents.map(({ id }) => quoted(id)).join()}]`;
    await eventually(
        () => sql(`
            select min(e.delivered_count), bool_or(e.deliver_at is not null) from sandbox.events as e
            where e.payload #>> '{data,object,id}' = any (${ids})`),
        (answer) => answer === "2|f",
    );
    await misbehave({});
    assert.notEqual(
        sql(`
            select count(*) from ops.provider_events as a inner join ops.provider_events as b
                on a.payload #>> '{data,object,id}' = b.payload #>> '{data,object,id}'
            where a.payload #>> '{data,object,id}' = any (${ids})
                and a.type = 'payment_intent.succeeded' and b.type = 'payment_intent.amount_capturable_updated'
                and a.received_at < b.received_at`),
        "0",
        "a capture was heard of before its authorization",
    );
    assert.equal(sql(`select count(*) from ops.provider_events as e where e.payload #>> '{data,object,id}' = any (${ids})`), "20", "each was handled once");
});

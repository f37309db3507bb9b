// The office's pages: for staff alone, as forms alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expect, formsOf, send } from "../support/client.mjs";
import { hold, makeShow } from "../support/house.mjs";
import { endsInPeace, sql } from "../support/instance.mjs";

const endInPeace = endsInPeace();
let count = 0;

// Signs up a user, gives the role, and signs in by the form: the cookies of the browser.
async function browser(role, name) {
    const email = `office-${process.pid}-${++count}@test.example`;
    await expect(201, "POST", "/api/v1/signup", { json: { email, password: "kv8 mq2z", name } });
    sql(`update account.users set role = '${role}' where email = '${email}'`);
    const cookies = new Map();
    const [form] = formsOf((await expect(200, "GET", "/login", { cookies })).text).filter(({ action }) => action === "/login");
    await expect(303, "POST", "/login", { cookies, form: { ...form.fields, email, password: "kv8 mq2z" } });
    return { email, cookies };
}
const page = async (who, path) => (await expect(200, "GET", path, { cookies: who.cookies })).text;

test("the office is for staff, and its audit log for administrators", async () => {
    const [customer, staff, admin] = [await browser("customer", "Cora"), await browser("staff", "Stan"), await browser("admin", "Ada")];
    for (const path of ["/admin", "/admin/orders", "/admin/audit"]) {
        assert.match((await send("GET", path)).headers.location, /^\/login\?next=/);
        await expect(403, "GET", path, { cookies: customer.cookies });
        await page(admin, path);
    }
    await page(staff, "/admin");
    await expect(403, "GET", "/admin/audit", { cookies: staff.cookies });
    assert.doesNotMatch(await page(staff, "/admin"), /href="\/admin\/audit"/);
    assert.match(await page(admin, "/admin"), /href="\/admin\/audit"/);
});

test("staff find an order by half a name, by its id and by its show", async () => {
    const staff = await browser("staff", "Stan");
    const buyer = await browser("customer", "Ottilie <b>Searched</b>");
    const token = (await expect(200, "POST", "/api/v1/login", { json: { email: buyer.email, password: "kv8 mq2z" } })).body.token;
    const show = makeShow({ places: 10 });
    const { booking_id: id } = await hold(show, token, { quantity: 2 });
    for (const query of ["q=otTIlie+", `q=${id}`, `show_id=${show}&status=held`]) {
        const text = await page(staff, `/admin/orders?${query}`);
        assert.match(text, /Ottilie &lt;b&gt;Searched/);
        assert.ok(text.includes(id) && text.includes(buyer.email));
    }
    assert.match(await page(staff, `/admin/orders?show_id=${show}&status=paid`), /No order matches/);
    assert.match(await page(staff, "/admin/orders?q=ot"), /aria-invalid="true"[\s\S]*at least three letters/);
    assert.match(await page(staff, "/admin/orders?q=bk_1_nothing"), /No order matches/);
    assert.match(await page(staff, `/admin/orders?q=${id}&lang=zh`), /1 个订单/);
});

test("the audit log shows who changed what", async () => {
    const admin = await browser("admin", "Ada Auditor");
    const token = (await expect(200, "POST", "/api/v1/login", { json: { email: admin.email, password: "kv8 mq2z" } })).body.token;
    const show = makeShow({ places: 10 });
    await expect(200, "PATCH", `/api/v1/admin/shows/${show}`, { token, json: { max_seats: 4 } });
    const text = await page(admin, "/admin/audit?action=api.update_show");
    assert.match(text, new RegExp(`Ada Auditor[\\s\\S]*api\\.update_show[\\s\\S]*${show}`));
});

endInPeace();

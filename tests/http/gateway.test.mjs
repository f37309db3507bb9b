// What the gateway itself promises, beside what it passes on: tests/support/gateway.mjs has one with the settings of each test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "../support/client.mjs";
import { withGateway } from "../support/gateway.mjs";
import { endsInPeace } from "../support/instance.mjs";

const endInPeace = endsInPeace();

test("where the public URL is https, whatever is answered says that this site is always asked by TLS", async () => {
    const paths = ["/", "/api/v1/cities", "/static/app.css", "/live/shows/x", "/nothing/here"];
    await withGateway({ BOXOFFICE_PUBLIC_URL: "https://tickets.example" }, async (base) => {
        for (const path of paths) assert.match((await send("GET", path, { base })).headers["strict-transport-security"] ?? "", /^max-age=\d{8}/, path);
    });
    for (const path of paths) assert.equal((await send("GET", path)).headers["strict-transport-security"], undefined, path);
});

endInPeace();

// What JSON answers look like: the members that the contract names with their types, and the style of all of them.
import assert from "node:assert/strict";

const money = { value: "integer", currency: "string" };

const kinds = {
    string: (value) => typeof value === "string" && value !== "",
    integer: (value) => Number.isSafeInteger(value),
    number: (value) => Number.isFinite(value),
    boolean: (value) => typeof value === "boolean",
    time: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value)),
    id: (value) => Number.isSafeInteger(value) && value > 0,
    url: (value) => typeof value === "string" && (value.startsWith("/") || URL.canParse(value)),
};

// Proves that the value has this shape: a kind ("string", "time?" with null allowed, "money"), {member: shape}, or [shape] for a
// list. Members that the shape does not name may be there.
export function hasShape(value, shape, at = "") {
    if (Array.isArray(shape)) {
        assert.ok(Array.isArray(value), `${at} is a list`);
        value.forEach((item, n) => hasShape(item, shape[0], `${at}[${n}]`));
    } else if (shape === "money") {
        hasShape(value, money, at);
        assert.match(value.currency, /^[A-Z]{3}$/, at);
    } else if (typeof shape === "string") {
        if (shape.endsWith("?") && value === null) return;
        const kind = shape.replace("?", "");
        assert.ok(kind === "money" ? hasShape(value, "money", at) === undefined : kinds[kind](value), `${at} is ${shape}: ${JSON.stringify(value)}`);
    } else {
        assert.ok(value !== null && typeof value === "object" && !Array.isArray(value), `${at} is an object: ${JSON.stringify(value)}`);
        for (const [name, inner] of Object.entries(shape)) {
            assert.ok(name in value, `${at}.${name} is there`);
            hasShape(value[name], inner, `${at}.${name}`);
        }
    }
    isInStyle(value, at);
}

// Names are snake_case, and what ends in _at is a time in UTC, wherever it stands.
function isInStyle(value, at) {
    if (value === null || typeof value !== "object") return;
    for (const [name, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) {
            assert.match(name, /^[a-z][a-z0-9_]*$/, at);
            if (name.endsWith("_at") && inner !== null) assert.ok(kinds.time(inner), `${at}.${name}: ${JSON.stringify(inner)}`);
        }
        isInStyle(inner, `${at}.${name}`);
    }
}

// Proves that the answer is a page of a list.
export function isList(body, item, { page = 1, perPage = 30 } = {}) {
    hasShape(body, { items: [item], page: "integer", per_page: "integer", total: "integer" });
    assert.deepEqual([body.page, body.per_page], [page, perPage]);
    assert.ok(body.items.length <= perPage && body.items.length <= body.total);
}

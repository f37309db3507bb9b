// Listeners to the live channels, by clients that are not ours: npm's ws and eventsource, and for crowds bare EventSource over
// node's http. And a follower, which keeps a show's seats as the contract says.
import assert from "node:assert/strict";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSource } from "eventsource";
import WebSocket from "ws";
import { get } from "./client.mjs";
import { gateway } from "./instance.mjs";

export const transports = ["WebSocket", "EventSource"];

// Opens a channel and resolves once it is open; rejects with the status that was answered instead, as {status}. What is said
// is gathered in `messages`. An EventSource connects again by itself, and then calls onOpen again.
export async function listen(transport, path, { token, origin, onMessage = () => {}, onOpen = () => {} } = {}) {
    const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(origin ? { Origin: origin } : {}) };
    const messages = [];
    const take = (event) => {
        const message = JSON.parse(event.data);
        messages.push(message);
        onMessage(message);
    };
    const listener = { messages, until: (isIt, seconds = 5) => until(messages, isIt, seconds) };
    if (transport === "WebSocket") {
        const socket = new WebSocket(gateway.replace("http", "ws") + path, { headers });
        socket.addEventListener("message", take);
        listener.close = () => socket.close();
        await new Promise((resolve, reject) => {
            socket.on("open", resolve);
            socket.on("unexpected-response", (request, response) => {
                request.destroy();
                reject(Object.assign(new Error(`${path}: ${response.statusCode}`), { status: response.statusCode }));
            });
            socket.on("error", reject);
        });
    } else {
        const source = new EventSource(gateway + path, { fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }) });
        source.addEventListener("message", take);
        listener.close = () => source.close();
        let wasOpen = false;
        await new Promise((resolve, reject) => {
            source.addEventListener("open", () => {
                wasOpen = true;
                onOpen();
                resolve();
            });
            source.addEventListener("error", (event) => {
                if (wasOpen) return;
                source.close();
                reject(Object.assign(new Error(`${path}: ${event.code}`), { status: event.code }));
            });
        });
    }
    return listener;
}

async function until(messages, isIt, seconds) {
    for (const end = Date.now() + seconds * 1000; ; await sleep(5)) {
        const found = messages.find(isIt);
        if (found) return found;
        assert.ok(Date.now() < end, `not heard of; but of ${JSON.stringify(messages).slice(0, 2000)}`);
    }
}

// One of many: an EventSource connection that costs little. Resolves once it is open. `isDeaf`: reads nothing.
export function listenInCrowd(path, onMessage, { isDeaf = false } = {}) {
    const url = new URL(gateway);
    return new Promise((resolve, reject) => {
        const request = http.get({ host: url.hostname, port: url.port, path, agent: false, headers: { Accept: "text/event-stream" } }, (response) => {
            if (response.statusCode !== 200) return reject(new Error(`${path}: ${response.statusCode}`));
            if (isDeaf) {
                response.pause();
                return resolve({ close: () => request.destroy() });
            }
            let rest = "";
            response.setEncoding("utf8");
            response.on("data", (chunk) => {
                const lines = (rest + chunk).split("\n");
                rest = lines.pop();
                for (const line of lines) if (line.startsWith("data: ")) onMessage(JSON.parse(line.slice(6)));
            });
            response.on("error", () => {});
            resolve({ close: () => request.destroy() });
        });
        request.on("error", reject);
    });
}

// A show's seats as one who listens knows them. `hear` takes each message; false when it does not fit, and the whole state
// must be asked for.
export class Follower {
    constructor(showId, layout) {
        this.showId = showId;
        this.places = new Map(layout.rows.flatMap((row) => row.seats).map(({ seat }, i) => [seat, i]));
        this.version = -1;
        this.states = [];
    }

    static async of(showId) {
        const follower = new Follower(showId, await get(`/api/v1/shows/${showId}/layout`));
        await follower.reload();
        return follower;
    }

    async reload() {
        const { version, states } = await get(`/api/v1/shows/${this.showId}/seats`);
        if (version > this.version) [this.version, this.states] = [version, [...states]];
    }

    hear({ version, from, changes }) {
        if (version <= this.version) return true;
        if (from > this.version) return false;
        for (const [seat, state] of Object.entries(changes)) this.states[this.places.get(seat)] = state;
        this.version = version;
        return true;
    }
}

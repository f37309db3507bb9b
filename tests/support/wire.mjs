// Bytes to a server and the bytes that come back, for requests that no HTTP client would send.
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

// Sends the pieces one after the other, each in a packet of its own, and resolves to all that comes back until the peer
// closes, `isEnough` of it, or `seconds` pass: {text, closed}.
export async function exchange(base, pieces, { isEnough = () => false, seconds = 5, pause = 2 } = {}) {
    const url = new URL(base);
    const socket = net.connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    let text = "";
    let closed = false;
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));
    socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        if (isEnough(text)) finish();
    });
    socket.on("error", () => finish());
    socket.on("close", () => {
        closed = true;
        finish();
    });
    const timer = setTimeout(finish, seconds * 1000);
    for (const piece of [pieces].flat()) {
        if (closed) break;
        socket.write(typeof piece === "string" ? Buffer.from(piece, "utf8") : piece);
        if (Array.isArray(pieces)) await sleep(pause);
    }
    await finished;
    clearTimeout(timer);
    socket.destroy();
    return { text, closed };
}

// The status lines' numbers in what came back.
export const statusesOf = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

// A request's head. Host and Connection: close are added unless they are given.
export function head(method, target, headers = {}) {
    const all = { Host: "localhost", Connection: "close", ...headers };
    const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

// Sends one request and resolves to its status, or 0 when the connection ended without an answer.
export async function statusOf(base, bytes, options) {
    const { text } = await exchange(base, bytes, { isEnough: (soFar) => statusesOf(soFar).some((status) => status >= 200), ...options });
    return statusesOf(text).find((status) => status >= 200) ?? 0;
}

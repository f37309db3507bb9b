// Mails as others read them, by postal-mime; and a mail server that is not ours (smtp_server.py).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import PostalMime from "postal-mime";
import { eventually } from "./client.mjs";
import { home, root } from "./instance.mjs";

// {headers: [{key, value}], from, to, subject, text, html, messageId, attachments: [{filename, mimeType, content}]}, and
// `source`, the bytes as text.
export async function read(bytes) {
    return { ...(await PostalMime.parse(bytes, { attachmentEncoding: "arraybuffer" })), source: Buffer.from(bytes).toString("latin1") };
}

export const header = (mail, name) => mail.headers.find(({ key }) => key === name)?.value;

// The mails that the running instance has kept for an address, in the order of their making.
export async function mailsTo(address) {
    const directory = join(home, "mail");
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".eml")) : [];
    const sources = names.map((name) => readFileSync(join(directory, name))).filter((source) => source.includes(`${address}`));
    const mails = await Promise.all(sources.map(read));
    return mails.filter((mail) => mail.to?.[0].address === address).sort((a, b) => Date.parse(a.date) - Date.parse(b.date));
}

// The first mail to the address of which `is` holds, as soon as there is one.
export async function mailTo(address, is = () => true) {
    const mails = await eventually(() => mailsTo(address), (found) => found.some(is));
    return mails.find(is);
}

// The only link in a mail's text that leads to `path`.
export function linkIn(mail, path) {
    const links = mail.text.split(/\s+/).filter((word) => word.includes(path));
    assert.equal(links.length, 1, mail.text);
    return links[0];
}

// Starts a mail server; {port, mails, end}: what it has taken over is appended to `mails` as the script tells it.
export async function startMailServer(...options) {
    const script = join(root, "tests/support/smtp_server.py");
    const server = spawn("/usr/bin/python3", ["-W", "ignore", script, ...options], { stdio: ["pipe", "pipe", "inherit"] });
    const mails = [];
    const port = await new Promise((resolve, reject) => {
        server.on("exit", (code) => reject(new Error(`the mail server ended with ${code}`)));
        createInterface(server.stdout).on("line", (line) => {
            const told = JSON.parse(line);
            if (told.port) resolve(told.port);
            else mails.push({ ...told, data: Buffer.from(told.data, "base64") });
        });
    });
    const end = async () => {
        const ended = once(server, "exit");
        server.stdin.end();
        await ended;
    };
    return { port, mails, end };
}

// Another gateway in front of the instance's server, with settings of its own: the instance's lets this machine ask as often as
// it likes, and speaks of http.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, send } from "./client.mjs";
import { root } from "./instance.mjs";

// A port of this machine that nobody listens to.
export function freePort() {
    return new Promise((resolve) => {
        const probe = net.createServer().listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

// Runs `act` with the address of a gateway that has these settings besides the instance's, its home and its live address. What it
// writes to stderr is in cache/error.log of its home.
export async function withGateway(settings, act) {
    const own = mkdtempSync(join(tmpdir(), "boxoffice-gateway-"));
    chmodSync(own, 0o755);
    const isRoot = process.getuid() === 0;
    const [uid, gid] = isRoot ? ["-u", "-g"].map((which) => Number(spawnSync("id", [which, "boxoffice-gateway"], { encoding: "utf8" }).stdout)) : [];
    const ports = await Promise.all([freePort(), freePort()]);
    const environment = {
        ...process.env, BOXOFFICE_HOME: own, BOXOFFICE_LISTEN: `127.0.0.1:${ports[0]}`, BOXOFFICE_LIVE_LISTEN: `127.0.0.1:${ports[1]}`,
        BOXOFFICE_GATEWAY_USER: isRoot ? "boxoffice-gateway" : "", ...settings,
    };
    const configured = spawnSync(`${root}/server/gateway/configure`, { env: environment, encoding: "utf8" });
    assert.equal(configured.status, 0, configured.stderr);
    const nginx = spawn("/bin/sh", ["-c", `exec /usr/sbin/nginx -p "$0/" -c run/nginx/nginx.conf -e stderr -g "daemon off;" 2>>"$0/cache/error.log"`, own], {
        uid, gid, stdio: "ignore",
    });
    try {
        const base = `http://127.0.0.1:${ports[0]}`;
        await eventually(() => send("GET", "/static/app.css", { base }).catch(() => ({})), ({ status }) => status === 200);
        await act(base, own, `http://127.0.0.1:${ports[1]}`);
    } finally {
        nginx.kill("SIGQUIT");
        await new Promise((resolve) => nginx.on("close", resolve));
        rmSync(own, { recursive: true });
    }
}

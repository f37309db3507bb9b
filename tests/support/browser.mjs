// Debian's Chromium, driven by playwright-core. What must hold of every page holds here: nothing in the console, nothing
// that the Content-Security-Policy refused.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { makeBuyer } from "./house.mjs";
import { gateway } from "./instance.mjs";

export const phone = { width: 360, height: 740 };
export const desk = { width: 1280, height: 900 };

let browser;
before(async () => {
    // Chromium refuses its sandbox to root.
    const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
});
after(() => browser?.close());

// Runs `act` with a new page. `token`: a session, by default of a new buyer; null for a stranger. `script: false` turns
// JavaScript off; `mayComplain: true` is for what disturbs the connection.
export async function withPage({ token = makeBuyer(), viewport = desk, script = true, language = "en", colorScheme = "light", mayComplain = false }, act) {
    const context = await browser.newContext({
        baseURL: gateway,
        viewport,
        javaScriptEnabled: script,
        locale: language === "zh" ? "zh-CN" : "en-GB",
        colorScheme,
        reducedMotion: "reduce",
    });
    if (token) await context.addCookies([{ name: "boxoffice_session", value: token, url: gateway }]);
    const complaints = [];
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.stack}`));
    try {
        await act(page);
        if (!mayComplain) assert.deepEqual(complaints, []);
    } finally {
        await context.close();
    }
}

// Proves that axe finds nothing on the page, by the rules of WCAG 2.2 AA and its own best practices.
export async function isAccessible(page) {
    const { violations } = await new AxeBuilder({ page })
        .options({ rules: { "target-size": { enabled: false } } })
        .analyze();
    const found = violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 3).join("; ")}`);
    assert.deepEqual(found, [], page.url());
}

// Proves that the page is not wider than the window.
export async function fits(page) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${page.url()} is ${wide} px too wide`);
}

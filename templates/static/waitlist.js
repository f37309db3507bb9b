// The page of who waits: the place in the queue and how many seats are still only held, kept up to date; and on to what
// becomes of it. Without this the page refreshes itself.

const { listen, reloadWhen, tellNotice } = await import(`./live.js${new URL(import.meta.url).search}`);

// Nobody is told when those ahead are served, so it is asked. Milliseconds until the next time: at the head of the queue, more
// for each place, and at most; so a queue of thousands asks some hundred times a second.
const soonest = 4000;
const eachPlace = 100;
const latest = 30_000;
const page = document.querySelector(".waitlist-page");
const { entry, show, status, live } = page.dataset;

if (entry) {
    reloadWhen((message) => message.type === "waitlist" && entry.endsWith(`/${message.entry_id}`) && message.status !== status);
    listen(live, { message: tellNotice });
    again();
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
}

function again() {
    const place = Number(page.querySelector("[data-position]")?.textContent ?? 1);
    setTimeout(async () => {
        if (document.visibilityState === "visible") {
            await look();
        }
        again();
    }, Math.min(latest, soonest + place * eachPlace));
}

async function ask(path) {
    const answer = await fetch(path, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
        throw new Error(answer.status);
    }
    return answer.json();
}

function set(name, value) {
    const place = page.querySelector(`[data-${name}]`);
    if (place.textContent !== String(value)) {
        place.textContent = value;
    }
}

async function look() {
    try {
        const [now, { seats_held: held }] = await Promise.all([ask(entry), ask(show)]);
        if (now.status !== status) {
            location.reload();
        } else if (status === "waiting") {
            set("position", now.position);
            set("held", held);
            page.querySelector("[data-next]").hidden = now.position !== 1;
        }
    } catch {
        // Offline for a moment, or very busy: asked again in the next round.
    }
}

// Out of the browser's history the page would be stale.
window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
        location.reload();
    }
});

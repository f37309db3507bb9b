// A booking's page: the seconds that are left, and what becomes of it meanwhile. Without this the page says until when the
// seats are held, and refreshes itself while a payment is under way.

const { listen, reloadWhen, tellNotice } = await import(`./live.js${new URL(import.meta.url).search}`);

const pollEvery = 1000; // milliseconds, while a payment is under way and the live channel is not there
const page = document.querySelector("[data-booking]");
const left = page.querySelector("[data-countdown]");

if (left) {
    countDown(left, page.querySelector("[data-said]"));
}
const isOwn = (message) => message.type === "booking" && page.dataset.booking.endsWith(`/${message.booking_id}`);
const isPaying = page.dataset.status === "paying";
reloadWhen((message) => isOwn(message) && message.status !== page.dataset.status, isPaying ? { poll, pollEvery } : {});
if (page.dataset.live) {
    listen(page.dataset.live, { message: tellNotice });
}

// Seconds are counted from when the page came, by a clock that nobody can set.
function countDown(left, said) {
    const end = performance.now() + Number(left.dataset.countdown) * 1000;

    function tick() {
        const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
        left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
        if (seconds === 60) {
            said.textContent = said.dataset.minute;
        }
        if (seconds === 0) {
            setTimeout(() => location.reload(), 1000);
            return;
        }
        setTimeout(tick, 250);
    }

    tick();
}

async function poll() {
    try {
        const answer = await fetch(page.dataset.booking, { headers: { Accept: "application/json" } });
        if (answer.ok && (await answer.json()).status !== "paying") {
            location.reload();
        }
    } catch {
        // Offline for a moment: asked again in the next round.
    }
}

// Out of the browser's history the countdown would be stale.
window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
        location.reload();
    }
});

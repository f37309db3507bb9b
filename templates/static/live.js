// Listens to a live channel, by WebSocket, or by EventSource where something on the way lets no WebSocket through. A lost
// connection is made again, after longer and longer pauses; meanwhile, and now and then all the same, `poll` is called. So
// nothing depends on the channel but how soon something is seen. Where the page has [data-live-state], it says there
// that the connection is lost.

const firstPause = 500; // milliseconds until the first new attempt; each further one waits twice as long …
const longestPause = 15_000; // … up to this
const patience = 1500; // how long a connection may be gone before that is said
const pollWhileConnected = 10; // polls are so many times rarer while the channel works

const lost = new Set(); // the channels that are gone, of all on the page

function tellState() {
    const place = document.querySelector("[data-live-state]");
    if (place) {
        place.textContent = lost.size > 0 ? place.dataset.lost : "";
    }
}

// One connection: a WebSocket or an EventSource. `on.message` gets what is said, `on.close` is called once at most.
function connect(path, transport, on) {
    const address = new URL(path, location.href);
    let isOver = false;
    const end = () => {
        if (!isOver) {
            isOver = true;
            on.close();
        }
    };
    const hear = (event) => {
        let message = null;
        try {
            message = JSON.parse(event.data);
        } catch {
            return;
        }
        on.message(message);
    };
    if (transport === "WebSocket") {
        address.protocol = address.protocol.replace("http", "ws");
        const socket = new WebSocket(address);
        socket.addEventListener("open", on.open);
        socket.addEventListener("message", hear);
        socket.addEventListener("close", end);
        return () => socket.close();
    }
    const source = new EventSource(address);
    source.addEventListener("open", on.open);
    source.addEventListener("message", hear);
    // Unlike a WebSocket it does not say that it was closed here.
    const stop = () => {
        source.close();
        end();
    };
    source.addEventListener("error", stop);
    return stop;
}

// `message` gets each message; `open` is called whenever the connection is there (again): what was said before is not known
// then. `poll` asks by other means, each `pollEvery` milliseconds while there is no connection and somebody looks.
export function listen(path, { message, open = () => {}, poll = () => {}, pollEvery = 2500 }) {
    let isOpen = false;
    let wasEverOpen = false;
    let failures = 0;
    let transport = "WebSocket";
    let retry = null;
    let complaint = null;
    let close = () => {};

    function attempt() {
        retry = null;
        close = connect(path, transport, {
            message,
            open() {
                isOpen = true;
                wasEverOpen = true;
                failures = 0;
                clearTimeout(complaint);
                complaint = null;
                lost.delete(path);
                tellState();
                open();
            },
            close() {
                isOpen = false;
                complaint ??= setTimeout(() => {
                    lost.add(path);
                    tellState();
                }, patience);
                failures++;
                if (!wasEverOpen && failures % 2 === 0) {
                    transport = transport === "WebSocket" ? "EventSource" : "WebSocket";
                }
                // Not all in the same moment, when a gateway comes back.
                retry = setTimeout(attempt, Math.min(longestPause, firstPause * 2 ** (failures - 1)) * (0.5 + Math.random()));
            },
        });
    }

    let turn = 0;
    setInterval(() => {
        turn++;
        if (document.visibilityState === "visible" && (!isOpen || turn % pollWhileConnected === 0)) {
            poll();
        }
    }, pollEvery);
    window.addEventListener("online", () => {
        if (retry !== null) {
            clearTimeout(retry);
            attempt();
        }
    });
    // What the browser keeps in its history must not listen, and listens again when it comes back.
    window.addEventListener("pagehide", () => isOpen && close());
    attempt();
}

// Says a notice of the show, {"type": "notice", "notice": "moved" | "cancelled" | …}, where the page has [data-live-notice].
export function tellNotice(message) {
    const place = document.querySelector("[data-live-notice]");
    if (message.type !== "notice" || !place) {
        return;
    }
    const text = document.createElement("span");
    text.textContent = place.dataset[message.notice] ?? place.dataset.changed;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = place.dataset.reload;
    place.replaceChildren(text, " ", link);
   
}

// Loads the page anew when something is said on the buyer's own channel that `concerns` it. `poll` finds out by other means,
// and loads it anew itself.
export function reloadWhen(concerns, { poll, pollEvery } = {}) {
    listen("/live/me", {
        message: (message) => concerns(message) && location.reload(),
        open: poll, // for what was said before
        poll,
        pollEvery,
    });
}

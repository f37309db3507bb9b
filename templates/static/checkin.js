// The door: scanning without leaving the page, and by the camera where the browser can read codes. What is shown is always the
// page that the same form leads to without script; its parts are put into this one.

const refreshEvery = 10_000; // milliseconds; what other doors let in
const sameCodeAfter = 3000; // milliseconds; a ticket stays before the camera for a while
const lookEvery = 150; // milliseconds between two looks of the camera
const parts = ["result", "counts", "recent"];

const door = document.querySelector("[data-door]");
if (door) {
    open(door);
}

function open(door) {
    const form = door.querySelector("[data-scan]");
    const waiting = []; // scans and undoings, one after the other: each takes with it the attempt that the last one left
    let isSending = false;

    door.addEventListener("submit", (event) => {
        event.preventDefault();
        if (event.target === form) {
            scan(form.elements.code.value);
        } else {
            const fields = new URLSearchParams(new FormData(event.target));
            send(() => [event.target.getAttribute("action"), fields]);
        }
    });

    function scan(code) {
        form.elements.code.value = "";
        form.elements.code.focus();
        send(() => {
            const fields = new URLSearchParams(new FormData(form));
            fields.set("code", code);
            return [form.getAttribute("action"), fields];
        }, code);
    }

    async function send(request, code) {
        waiting.push({ request, code });
        if (isSending) {
            return;
        }
        isSending = true;
        while (waiting.length > 0) {
            const next = waiting.shift();
            const [action, body] = next.request();
            if (!(await load(action, { method: "POST", body }, parts))) {
                // The attempt is still the same, so that the same code again is the same scan.
                say("[data-lost]");
                form.elements.code.value ||= next.code ?? "";
                form.elements.code.select();
            }
        }
        isSending = false;
    }

    // Puts the named parts of the page that the request leads to into this one; false when it leads to no such page.
    async function load(address, options, names) {
        try {
            const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(15_000) });
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            if (new URL(answer.url).pathname === "/login") {
                location.assign(location.href);
            }
            if (!answer.ok || !page.querySelector("[data-door]")) {
                return false;
            }
            for (const name of names) {
                document.getElementById(name).replaceChildren(...page.getElementById(name).childNodes);
            }
            if (options) {
                document.getElementById("attempt").value = page.getElementById("attempt").value;
                history.replaceState(null, "", answer.url);
            }
            return true;
        } catch {
            return false;
        }
    }

    function say(template) {
        document.getElementById("result").replaceChildren(door.querySelector(template).content.cloneNode(true));
    }

    setInterval(() => {
        if (!isSending && document.visibilityState === "visible" && !door.querySelector("details[open]")) {
            load(location.href, undefined, ["counts", "recent"]);
        }
    }, refreshEvery);

    useCamera(door, scan, () => say("[data-refused]"));
}

// Shows the button when the browser can read QR codes, and calls `found` with each code that comes before the camera.
async function useCamera(door, found, refused) {
    const button = door.querySelector("[data-camera]");
    const video = door.querySelector("[data-video]");
    const canRead = "BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
    if (!canRead || !navigator.mediaDevices) {
        return;
    }
    button.hidden = false;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    let stream = null;
    let last = { code: "", at: 0 };

    button.addEventListener("click", async () => {
        if (stream) {
            stream.getTracks().forEach((track) => track.stop());
            stream = null;
        } else {
            try {
                stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
            } catch {
                refused();
                return;
            }
            video.srcObject = stream;
            video.play().catch(() => {}); // it was stopped before it began
            look();
        }
        video.hidden = !stream;
        button.setAttribute("aria-pressed", String(Boolean(stream)));
    });

    async function look() {
        if (!stream) {
            return;
        }
        const [seen] = await detector.detect(video).catch(() => []);
        if (seen) {
            const isNew = seen.rawValue !== last.code || performance.now() - last.at > sameCodeAfter;
            last = { code: seen.rawValue, at: performance.now() };
            if (isNew) {
                found(seen.rawValue);
            }
        }
        setTimeout(look, lookEvery);
    }
}

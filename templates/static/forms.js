// Sends a form once: a second click while the first is under way would hold or pay twice. Without script the server's
// own guards (one buyer a seat, one live charge a booking) stand alone.

const waiting = new Set();

document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("once" in form.dataset)) {
        return;
    }
    if (waiting.has(form)) {
        event.preventDefault();
        return;
    }
    waiting.add(form);
    const button = event.submitter;
    if (button) {
        button.setAttribute("aria-disabled", "true");
        button.dataset.text = button.textContent;
        button.textContent = button.dataset.busy ?? button.textContent;
    }
});

// A page that comes back out of the browser's history can be sent again.
window.addEventListener("pageshow", () => {
    for (const form of waiting) {
        for (const button of form.querySelectorAll("button[aria-disabled]")) {
            button.removeAttribute("aria-disabled");
            button.textContent = button.dataset.text;
        }
    }
    waiting.clear();
});

document.getElementById("refusal")?.focus();

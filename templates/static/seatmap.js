// The seat map alive: what others take is seen at once, arrow keys move between the seats, and the choice stands
// beside the map with its price. Without this the map is a form of checkboxes that works.

const { listen, tellNotice } = await import(`./live.js${new URL(import.meta.url).search}`);

const refreshEvery = 2500; // milliseconds, while the live channel is not there
const map = document.querySelector(".seats");

if (map) {
    const seats = [...map.querySelectorAll("input")];
    const rows = [...map.querySelectorAll("fieldset")].map((row) => [...row.querySelectorAll("input")]);
    // By colour, and from the seventh price on by number, since there are six colours.
    const prices = new Map(
        [...document.querySelectorAll(".legend [data-class]")].reverse().flatMap(({ dataset }) => [[dataset.priceNo, dataset], [dataset.class, dataset]]),
    );
    const form = map.closest("form");
    const said = form.querySelector("[data-said]");

    const frame = map.parentElement;
    frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
    choose(seats, prices, form, said);
    walk(seats, rows, map);
    follow(seats, map, said);
} else if (document.querySelector("[data-live]")) {
    listen(document.querySelector("[data-live]").dataset.live, { message: tellNotice });
}

// Keeps the list of chosen seats and its total; refuses a tick too many.
function choose(seats, prices, form, said) {
    const map = form.querySelector(".seats");
    const most = Number(map.dataset.max);
    const list = form.querySelector("[data-chosen]");
    const total = form.querySelector("[data-total]");
    const empty = form.querySelector("[data-empty]");

    const priceOf = (seat) => prices.get(seat.dataset.priceNo ?? seat.classList[0]);
    const formatted = (minor, { currency, decimals }) => {
        const digits = { minimumFractionDigits: Number(decimals), maximumFractionDigits: Number(decimals) };
        const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...digits });
        return format.format(minor / 10 ** decimals);
    };

    function show() {
        const chosen = seats.filter((seat) => seat.checked);
        list.replaceChildren(
            ...chosen.map((seat) => {
                const button = document.createElement("button");
                button.type = "button";
                button.textContent = seat.value;
                button.setAttribute("aria-label", `× ${seat.value}, ${priceOf(seat).tier}`);
                button.addEventListener("click", () => {
                    seat.checked = false;
                    seat.dispatchEvent(new Event("change", { bubbles: true }));
                    (list.querySelector("button") ?? seat).focus();
                });
                const item = document.createElement("li");
                item.append(button);
                return item;
            }),
        );
        empty.hidden = chosen.length > 0;
        total.hidden = chosen.length === 0;
        if (chosen.length > 0) {
            const sum = chosen.reduce((minor, seat) => minor + Number(priceOf(seat).price), 0);
            total.querySelector("strong").textContent = formatted(sum, priceOf(chosen[0]));
        }
        return chosen.length;
    }

    map.addEventListener("change", (event) => {
        if (show() > most) {
            event.target.checked = false;
            show();
            said.textContent = map.dataset.limit;
            return;
        }
        said.textContent = total.hidden ? "" : total.textContent.replace(/\s+/g, " ").trim();
    });
    window.addEventListener("pageshow", show);
    show();
}

// One stop for Tab, then arrows: left and right in the row, up and down to the seat that lies nearest.
function walk(seats, rows, map) {
    const free = (seat) => seat && !seat.disabled;
    let stop = null;

    function rest(seat) {
        if (stop) {
            stop.tabIndex = -1;
        }
        stop = seat;
        if (stop) {
            stop.tabIndex = 0;
        }
    }

    function across(seat, step) {
        for (let i = seats.indexOf(seat) + step; i >= 0 && i < seats.length; i += step) {
            if (free(seats[i])) {
                return seats[i];
            }
        }
        return null;
    }

    function along(seat, step) {
        const middle = (each) => each.offsetLeft + each.offsetWidth / 2;
        for (let row = rows.findIndex((each) => each.includes(seat)) + step; rows[row]; row += step) {
            const near = rows[row].filter(free).sort((a, b) => Math.abs(middle(a) - middle(seat)) - Math.abs(middle(b) - middle(seat)));
            if (near.length > 0) {
                return near[0];
            }
        }
        return null;
    }

    const moves = {
        ArrowLeft: (seat) => across(seat, -1),
        ArrowRight: (seat) => across(seat, 1),
        ArrowUp: (seat) => along(seat, -1),
        ArrowDown: (seat) => along(seat, 1),
    };

    for (const seat of seats) {
        seat.tabIndex = -1;
    }
    rest(seats.find((seat) => seat.checked) ?? seats.find(free));

    map.addEventListener("keydown", (event) => {
        const to = event.target.matches("input") ? moves[event.key]?.(event.target) : null;
        if (to) {
            event.preventDefault();
            to.focus();
            to.scrollIntoView({ block: "nearest", inline: "nearest" });
        }
    });
    map.addEventListener("focusin", (event) => {
        if (event.target.matches("input")) {
            rest(event.target);
        }
    });
    map.addEventListener("seats", () => {
        if (!free(stop)) {
            rest(seats.find(free));
        }
    });
}

// Hears of each change, as a delta between two versions. It fits a state that is neither older than the one nor newer
// than the other; who has an older one has missed something and asks for the whole. A seat that is ticked here and taken
// elsewhere is unticked, and that is said.
function follow(seats, map, said) {
    const places = new Map(seats.map((seat, i) => [seat.value, i]));
    const labels = seats.map((seat) => {
        const ends = [map.dataset.held, map.dataset.sold];
        const label = seat.getAttribute("aria-label");
        const end = ends.find((each) => label.endsWith(each));
        return end ? label.slice(0, -end.length) : label;
    });
    let version = null;
    let waiting = []; // deltas that do not fit yet
    let asking = null;

    // `states`: [place, state] each.
    function apply(states) {
        const lost = [];
        for (const [i, state] of states) {
            const seat = seats[i];
            const held = state === "h";
            const sold = state === "s" || state === "b";
            const was = seat.classList.contains("held") ? "h" : seat.classList.contains("sold") ? "s" : "a";
            if (was === (held ? "h" : sold ? "s" : "a")) {
                continue;
            }
            seat.classList.toggle("held", held);
            seat.classList.toggle("sold", sold);
            seat.setAttribute("aria-label", labels[i] + (held ? map.dataset.held : sold ? map.dataset.sold : ""));
            if ((held || sold) && seat.checked) {
                seat.checked = false;
                lost.push(seat);
            }
            seat.disabled = held || sold;
        }
        map.dispatchEvent(new Event("seats"));
        if (lost.length > 0) {
            lost[0].dispatchEvent(new Event("change", { bubbles: true }));
            said.textContent = `${map.dataset.takenNow} ${lost.map((seat) => seat.value).join(", ")}`;
        }
    }

    function applyWaiting() {
        waiting = waiting.filter((delta) => delta.version > version);
        while (waiting.length > 0 && waiting[0].from <= version) {
            const delta = waiting.shift();
            const known = Object.entries(delta.changes).filter(([name]) => places.has(name));
            apply(known.map(([name, state]) => [places.get(name), state]));
            version = delta.version;
        }
        if (waiting.length > 0) {
            ask(1000);
        }
    }

    async function refresh() {
        try {
            const answer = await fetch(map.dataset.states, { headers: { Accept: "application/json" } });
            const now = answer.ok ? await answer.json() : null;
            if (now && (version === null || now.version > version) && now.states.length === seats.length) {
                version = now.version;
                apply([...now.states].entries());
            }
        } catch {
            // Offline for a moment: the next round asks again, and the hold itself is judged by the database.
        }
        if (version !== null) {
            applyWaiting();
        }
    }

    function ask(delay) {
        asking ??= setTimeout(() => {
            asking = null;
            refresh();
        }, delay);
    }

    listen(map.dataset.live, {
        message(message) {
            if (message.type === "seats") {
                waiting.push(message);
                if (version !== null) {
                    applyWaiting();
                }
            }
            tellNotice(message);
        },
        open() {
            refresh();
            // The gateway's copy may be a second old: older than the first message that is heard.
            ask(1500);
        },
        poll: refresh,
        pollEvery: refreshEvery,
    });
}

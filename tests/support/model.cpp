#include "support/model.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

namespace boxoffice::test::model {

namespace {

bool is_live(const Entry& entry) {
    return entry.status == "waiting" || entry.status == "offered";
}

bool fits(const Seat& seat, const std::string& tier) {
    return tier.empty() || seat.tier == tier;
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string numbers(const std::vector<int>& seats) {
    std::string text;
    for (const int seat : seats) {
        text += (text.empty() ? "" : ",") + std::to_string(seat + 1);
    }
    return or_dash(text);
}

// The words of a line.
std::vector<std::string> words(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> all;
    for (std::string word; stream >> word;) {
        all.push_back(word);
    }
    return all;
}

std::string key_after(const std::string& key, const std::string& kind) {
    return key.starts_with(kind) ? key.substr(kind.size()) : "";
}

}  // namespace

// Holding.

std::string Show::hold(std::int64_t buyer, const Wish& wish, const std::vector<std::string>& given) {
    take_back_lapsed();
    const int wanted = wish.seats.empty() ? wish.quantity : static_cast<int>(wish.seats.size());
    if (wanted > max_seats) {
        return "too_many_seats";
    }
    if (is_cancelled || is_over) {
        return "not_on_sale";
    }
    if (claimed(buyer) + wanted > max_seats) {
        return "too_many_seats";
    }
    std::vector<int> got;
    if (!wish.seats.empty()) {
        for (const std::string& name : wish.seats) {
            got.push_back(find_seat(name));
            if (got.back() < 0) {
                return "unknown_seat";
            }
        }
        for (const int seat : got) {
            if (seats[static_cast<std::size_t>(seat)].status != 'a') {
                return "seats_taken";
            }
        }
        std::sort(got.begin(), got.end());
        add_booking(buyer, got);
        return "held";
    }

    const bool together = wish.together && is_seated && wanted > 1;
    const int free = count_free(wish.tier);
    if (together ? !has_run(wanted, wish.tier) : free < wanted) {
        return free == 0 ? "sold_out" : together ? "not_together" : "seats_taken";
    }
    // Which of them is the database's choice; but they must be such as were asked for.
    for (const std::string& name : given) {
        got.push_back(find_seat(name));
    }
    std::sort(got.begin(), got.end());
    bool is_right =
        static_cast<int>(got.size()) == wanted && std::adjacent_find(got.begin(), got.end()) == got.end();
    for (std::size_t i = 0; is_right && i < got.size(); ++i) {
        const Seat& seat = seats.at(static_cast<std::size_t>(got[i]));
        const Seat& first = seats.at(static_cast<std::size_t>(got[0]));
        is_right = seat.status == 'a' && fits(seat, wish.tier) &&
                   (!together || (got[i] == got[0] + static_cast<int>(i) && seat.block == first.block &&
                                  seat.tier == first.tier));
    }
    if (!is_right) {
        throw Mismatch("seats " + numbers(got) + " should not have been given");
    }
    add_booking(buyer, got);
    return "held";
}

std::string Show::release(int booking, std::int64_t buyer) {
    const Booking& b = bookings.at(static_cast<std::size_t>(booking));
    if (b.buyer != buyer) {
        return "not_found";
    }
    if (b.status != "held") {
        return "not_held";
    }
    free_bookings({booking}, "released", "cancelled", "offer_released");
    return "";
}

std::string Show::expire() {
    const auto is_lapsed = [](const Booking& b) { return b.status == "held" && b.is_lapsed; };
    const auto count = std::count_if(bookings.begin(), bookings.end(), is_lapsed);
    take_back_lapsed();
    return std::to_string(count);
}

void Show::take_back_lapsed() {
    std::vector<int> lapsed;
    for (std::size_t i = 0; i < bookings.size(); ++i) {
        if (bookings[i].status == "held" && bookings[i].is_lapsed) {
            lapsed.push_back(static_cast<int>(i));
        }
    }
    if (!lapsed.empty()) {
        free_bookings(lapsed, "expired", "expired", "offer_lapsed");
    }
}

int Show::add_booking(std::int64_t buyer, const std::vector<int>& of) {
    const int number = static_cast<int>(bookings.size());
    bookings.push_back({"", buyer, "held", of, "", false, -1});
    for (const int seat : of) {
        seats[static_cast<std::size_t>(seat)].status = 'h';
        seats[static_cast<std::size_t>(seat)].booking = number;
    }
    return number;
}

void Show::free_bookings(const std::vector<int>& of, const std::string& status,
                         const std::string& entry_status, const std::string& reason) {
    const bool is_waited_for = count_waiting() > 0;
    std::vector<int> freed;
    for (const int number : of) {
        Booking& b = bookings[static_cast<std::size_t>(number)];
        b.status = status;
        if (b.entry >= 0 && entries[static_cast<std::size_t>(b.entry)].status == "offered") {
            end_entry(entries[static_cast<std::size_t>(b.entry)], entry_status, reason);
        }
        freed.insert(freed.end(), b.seats.begin(), b.seats.end());
    }
    hand_on(freed, is_waited_for);
}

void Show::hand_on(const std::vector<int>& of, bool is_waited_for) {
    for (const int seat : of) {
        seats[static_cast<std::size_t>(seat)].status = is_waited_for ? 'r' : 'a';
        seats[static_cast<std::size_t>(seat)].booking = -1;
    }
    if (is_waited_for) {
        promote();
    }
}

// Paying.

std::string Show::begin_payment(int booking, std::int64_t buyer, bool hosted) {
    const Booking& b = bookings.at(static_cast<std::size_t>(booking));
    if (b.buyer != buyer) {
        return "not_found";
    }
    if (b.status == "paying" || b.status == "paid" || b.status == "refunded") {
        return "already_paid";
    }
    if (b.status != "held" || b.is_lapsed || is_cancelled) {
        return "hold_expired";
    }
    const int payment = charge(booking, hosted ? "hosted" : "token", false);
    if (payments[static_cast<std::size_t>(payment)].method == "none") {
        complete(payment);
    }
    return payments[static_cast<std::size_t>(payment)].status;
}

int Show::charge(int booking, const std::string& method, bool is_off_session) {
    Booking& b = bookings[static_cast<std::size_t>(booking)];
    const int number = static_cast<int>(payments.size());
    Payment p;
    p.booking = booking;
    p.amount = amount_of(b.seats);
    p.method = p.amount == 0 ? "none" : method;
    p.status = "pending";
    p.is_off_session = is_off_session;
    p.is_overdue = b.is_lapsed;
    payments.push_back(p);
    b.status = "paying";
    if (p.amount > 0) {
        works.push_back({method == "token" ? "authorize" : "open_checkout", number, -1});
    }
    return number;
}

void Show::sell(int payment) {
    Payment& p = payments[static_cast<std::size_t>(payment)];
    Booking& b = bookings[static_cast<std::size_t>(p.booking)];
    b.status = "paid";
    b.tickets = std::string(b.seats.size(), 'v');
    for (const int seat : b.seats) {
        seats[static_cast<std::size_t>(seat)].status = 's';
    }
    if (p.method == "none") {
        p.status = "succeeded";
    } else {
        p.status = "authorized";
        works.push_back({"capture", payment, -1});
    }
}

std::string Show::hear(int payment, const std::string& status, bool is_answer) {
    Payment& p = payments.at(static_cast<std::size_t>(payment));
    const bool has_money = status == "requires_capture" || status == "succeeded";
    if (!p.is_bound && !is_answer) {
        if (!has_money) {
            return "ignored";
        }
        if (p.status != "pending" && !has_work(payment)) {
            throw std::logic_error("a payment that has ended hears of an intent of its own");
        }
        works.push_back({"look", payment, -1});
        return "unbound";
    }
    if (has_money) {
        if (p.status != "authorized" && p.status != "succeeded") {
            p.is_bound = true;
            if (complete(payment) == "voided") {
                return "voided";
            }
        }
        return status == "requires_capture" ? "paid" : settle_capture(payment);
    }
    if (status == "canceled") {
        fail(payment);
        return settle_void(payment);
    }
    if (p.method != "token") {
        return "ignored";
    }
    p.is_bound = true;
    return fail(payment);
}

std::string Show::complete(int payment) {
    Payment& p = payments.at(static_cast<std::size_t>(payment));
    if (p.status == "authorized" || p.status == "succeeded") {
        return "paid";
    }
    if (p.status == "voided") {
        return "voided";
    }
    Booking& b = bookings[static_cast<std::size_t>(p.booking)];
    const bool is_waited_for = count_waiting() > 0;
    if (p.status == "pending" && !is_cancelled) {
        sell(payment);
        if (b.entry >= 0) {
            end_entry(entries[static_cast<std::size_t>(b.entry)], "fulfilled", "bought");
        }
        if (is_waited_for) {
            end_hopeless();
        }
        return "paid";
    }
    p.status = "voided";
    works.push_back({"void", payment, -1});
    if (b.status == "paying" && is_cancelled) {
        free_bookings({p.booking}, "cancelled", "failed", "show_cancelled");
    }
    return "voided";
}

std::string Show::fail(int payment) {
    Payment& p = payments.at(static_cast<std::size_t>(payment));
    if (p.status != "pending") {
        return p.status;
    }
    p.status = "failed";
    Booking& b = bookings[static_cast<std::size_t>(p.booking)];
    if (is_cancelled) {
        free_bookings({p.booking}, "cancelled", "failed", "show_cancelled");
    } else if (p.is_off_session) {
        free_bookings({p.booking}, "expired", "failed", "payment_failed");
    } else if (b.is_lapsed) {
        free_bookings({p.booking}, "expired", "expired", "offer_lapsed");
    } else {
        b.status = "held";
    }
    return "failed";
}

std::string Show::open_page(int payment) {
    Payment& p = payments.at(static_cast<std::size_t>(payment));
    p.has_page = true;
    if (p.status == "failed" || p.status == "voided") {
        works.push_back({"expire_checkout", payment, -1});
    }
    return p.status;
}

std::string Show::settle_capture(int payment) {
    Payment& p = payments.at(static_cast<std::size_t>(payment));
    if (p.status != "authorized") {
        return p.status;
    }
    p.status = "succeeded";
    for (std::size_t i = 0; i < payments.size(); ++i) {
        if (payments[i].charge == payment && payments[i].status == "pending") {
            works.push_back({"refund", static_cast<int>(i), -1});
        }
    }
    return "succeeded";
}

std::string Show::settle_void(int payment) const {
    return payments.at(static_cast<std::size_t>(payment)).status;
}

std::string Show::settle_refund(int payment) {
    payments.at(static_cast<std::size_t>(payment)).status = "succeeded";
    return "succeeded";
}

std::string Show::receive(const std::string& type, int payment) {
    if (type == "checkout.session.expired") {
        return payments.at(static_cast<std::size_t>(payment)).has_page ? fail(payment) : "ignored";
    }
    if (type == "refund.updated") {
        return settle_refund(payment);
    }
    return hear(payment,
                type == "payment_intent.amount_capturable_updated" ? "requires_capture"
                : type == "payment_intent.payment_failed"          ? "requires_payment_method"
                                                                   : type.substr(type.find('.') + 1),
                false);
}

bool Show::has_work(int payment) const {
    return std::any_of(works.begin(), works.end(),
                       [payment](const Work& work) { return work.payment == payment && work.kind != "look"; });
}

void Show::reconcile() {
    for (std::size_t i = 0; i < payments.size(); ++i) {
        const Payment& p = payments[i];
        const int number = static_cast<int>(i);
        if ((p.status != "pending" && p.status != "authorized") || !p.is_old || has_work(number)) {
            continue;
        }
        if (p.charge >= 0) {
            if (payments[static_cast<std::size_t>(p.charge)].status == "succeeded") {
                works.push_back({"refund", number, -1});
            }
        } else if (p.status == "authorized") {
            works.push_back({"capture", number, -1});
        } else if (p.has_page) {
            if (p.is_overdue) {
                works.push_back({"expire_checkout", number, -1});
            }
        } else if (!p.is_forgotten) {
            works.push_back({p.method == "token" ? "authorize" : "open_checkout", number, -1});
        }
    }
    const bool is_unsettled = std::any_of(bookings.begin(), bookings.end(), [](const Booking& b) {
        return b.status == "held" || b.status == "paid";
    });
    const bool is_asked =
        std::any_of(works.begin(), works.end(), [](const Work& w) { return w.kind == "cancel_show"; });
    if (is_cancelled && is_unsettled && !is_asked) {
        works.push_back({"cancel_show", -1, -1});
    }
}

// Giving back.

std::string Show::refund(int booking, std::int64_t buyer, bool is_staff,
                         const std::vector<std::string>& names) {
    const Booking& b = bookings.at(static_cast<std::size_t>(booking));
    if (!is_staff && b.buyer != buyer) {
        return "not_found";
    }
    if (b.status == "refunded") {
        return "refunded";
    }
    if (b.status != "paid") {
        return "not_paid";
    }
    if (!is_staff && (is_over || b.tickets.find('u') != std::string::npos)) {
        return "too_late";
    }
    std::vector<int> chosen;
    for (std::size_t i = 0; i < b.seats.size(); ++i) {
        const std::string& name = seats[static_cast<std::size_t>(b.seats[i])].name;
        if (b.tickets[i] != 'x' &&
            (names.empty() || std::find(names.begin(), names.end(), name) != names.end())) {
            chosen.push_back(b.seats[i]);
        }
    }
    if (!names.empty() && chosen.size() < names.size()) {
        return "unknown_seat";
    }
    refund_seats(booking, chosen);
    return bookings[static_cast<std::size_t>(booking)].status;
}

void Show::refund_seats(int booking, const std::vector<int>& of) {
    Booking& b = bookings[static_cast<std::size_t>(booking)];
    const bool is_waited_for = count_waiting() > 0;
    for (std::size_t i = 0; i < b.seats.size(); ++i) {
        if (std::find(of.begin(), of.end(), b.seats[i]) != of.end()) {
            b.tickets[i] = 'x';
        }
    }
    for (std::size_t i = 0; i < payments.size(); ++i) {
        Payment& p = payments[i];
        if (p.booking == booking && p.charge < 0 && (p.status == "authorized" || p.status == "succeeded")) {
            Payment refund;
            refund.booking = booking;
            refund.charge = static_cast<int>(i);
            refund.method = p.method;
            refund.amount = amount_of(of);
            refund.status = refund.amount == 0 ? "succeeded" : "pending";
            refund.seats = of;
            p.refunded += refund.amount;
            if (refund.amount > 0 && p.status == "succeeded") {
                works.push_back({"refund", static_cast<int>(payments.size()), -1});
            }
            payments.push_back(refund);
            break;
        }
    }
    if (b.tickets.find_first_not_of('x') == std::string::npos) {
        b.status = "refunded";
    }
    hand_on(of, is_waited_for);
}

std::string Show::cancel() {
    if (!is_cancelled) {
        is_cancelled = true;
        works.push_back({"cancel_show", -1, -1});
    }
    return "";
}

std::string Show::settle_cancelled(int limit, const Lines& seen) {
    if (!is_cancelled) {
        return "0";
    }
    int count = 0;
    for (Entry& entry : entries) {
        if (entry.status == "waiting" && count < 10 * limit) {
            end_entry(entry, "failed", "show_cancelled");
            ++count;
        }
    }
    if (count > 0) {
        promote();
    }
    for (const char* status : {"held", "paid"}) {
        if (count > 0) {
            break;
        }
        const bool is_held = status == std::string("held");
        // Which ones is the database's choice.
        std::vector<int> chosen;
        int all = 0;
        for (std::size_t i = 0; i < bookings.size(); ++i) {
            if (bookings[i].status == status) {
                ++all;
                const auto line = seen.find("booking " + bookings[i].id);
                if (line != seen.end() && words(line->second).at(1) != status) {
                    chosen.push_back(static_cast<int>(i));
                }
            }
        }
        count = std::min(all, limit);
        if (static_cast<int>(chosen.size()) != count) {
            throw Mismatch("of " + std::to_string(all) + " bookings that are " + status + " " +
                           std::to_string(chosen.size()) + " were settled");
        }
        if (is_held && count > 0) {
            free_bookings(chosen, "cancelled", "failed", "show_cancelled");
        }
        for (const int booking : is_held ? std::vector<int>() : chosen) {
            const Booking& b = bookings[static_cast<std::size_t>(booking)];
            std::vector<int> rest;
            for (std::size_t i = 0; i < b.seats.size(); ++i) {
                if (b.tickets[i] != 'x') {
                    rest.push_back(b.seats[i]);
                }
            }
            refund_seats(booking, rest);
        }
    }
    if (count > 0) {
        works.push_back({"cancel_show", -1, -1});
    }
    return std::to_string(count);
}

// Entering.

std::string Show::scan(int booking, int seat, bool other_show) {
    char& ticket = bookings.at(static_cast<std::size_t>(booking)).tickets.at(static_cast<std::size_t>(seat));
    if (other_show) {
        return "wrong_show";
    }
    if (ticket == 'x') {
        return "void_ticket";
    }
    if (is_cancelled) {
        return "show_cancelled";
    }
    if (ticket == 'u') {
        return "already_used";
    }
    ticket = 'u';
    return "admitted";
}

std::string Show::undo(int booking, int seat) {
    char& ticket = bookings.at(static_cast<std::size_t>(booking)).tickets.at(static_cast<std::size_t>(seat));
    if (ticket != 'u') {
        return "not_used";
    }
    ticket = 'v';
    return "";
}

// Waiting.

std::string Show::join(std::int64_t buyer, int quantity, const std::string& tier, Method method) {
    if (quantity > max_seats) {
        return "too_many_seats";
    }
    if (is_cancelled || is_over) {
        return "not_on_sale";
    }
    for (const Entry& entry : entries) {
        if (entry.buyer == buyer && is_live(entry)) {
            return "already_waiting";
        }
    }
    if (method == Method::missing) {
        return "no_payment_method";
    }
    take_back_lapsed();
    if (count_free(tier) >= quantity) {
        return "seats_available";
    }
    if (count_possible(tier) < quantity) {
        return "cannot_be_met";
    }
    Entry entry;
    entry.buyer = buyer;
    entry.quantity = quantity;
    entry.tier = tier;
    entry.buys = method != Method::none;
    entries.push_back(entry);
    const int number = static_cast<int>(entries.size()) - 1;
    if (method == Method::fresh) {
        works.push_back({"save_method", -1, number});
    }
    for (Seat& seat : seats) {
        if (seat.status == 'a' && fits(seat, tier)) {
            seat.status = 'r';
        }
    }
    promote();
    if (claimed(buyer) > max_seats) {
        return "too_many_seats";
    }
    return entries[static_cast<std::size_t>(number)].status;
}

std::string Show::leave(int entry, std::int64_t buyer) {
    Entry& e = entries.at(static_cast<std::size_t>(entry));
    if (e.buyer != buyer) {
        return "not_found";
    }
    if (!is_live(e) || (e.booking >= 0 && bookings[static_cast<std::size_t>(e.booking)].status == "paying")) {
        return "not_waiting";
    }
    if (e.status == "offered") {
        free_bookings({e.booking}, "released", "cancelled", "left");
    } else {
        end_entry(e, "cancelled", "left");
        promote();
    }
    return "";
}

std::string Show::refuse_method(int entry) {
    Entry& e = entries.at(static_cast<std::size_t>(entry));
    if (e.status == "waiting") {
        end_entry(e, "failed", "payment_failed");
        promote();
    }
    return "";
}

std::string Show::sweep_queue() {
    if (count_waiting() == 0) {
        return "0";
    }
    int count = 0;
    for (Entry& entry : entries) {
        if (entry.status == "waiting" && (is_over || entry.is_over)) {
            end_entry(entry, "expired", is_over ? "show_over" : "time_over");
            ++count;
        }
    }
    for (Seat& seat : seats) {
        const bool is_waited_for = std::any_of(entries.begin(), entries.end(), [&seat](const Entry& entry) {
            return entry.status == "waiting" && fits(seat, entry.tier);
        });
        if (seat.status == 'a' && is_waited_for) {
            seat.status = 'r';
        }
    }
    promote();
    end_hopeless();
    return std::to_string(count);
}

void Show::end_entry(Entry& entry, const std::string& status, const std::string& reason) {
    if (is_live(entry)) {
        entry.status = status;
        entry.reason = reason;
    }
}

// Seats that are beside each other and of one tier, if there are; else the best ones.
std::vector<int> Show::choose(const Entry& entry, const std::vector<int>& usable) const {
    const auto quality = [this](int seat) { return seats[static_cast<std::size_t>(seat)].quality; };
    const auto wanted = static_cast<std::size_t>(entry.quantity);
    std::vector<int> best;
    int best_quality = 0;
    for (std::size_t i = 0; is_seated && wanted > 1 && i + wanted <= usable.size(); ++i) {
        const Seat& first = seats[static_cast<std::size_t>(usable[i])];
        int sum = 0;
        bool is_run = true;
        for (std::size_t j = i; j < i + wanted; ++j) {
            const Seat& seat = seats[static_cast<std::size_t>(usable[j])];
            is_run = is_run && usable[j] == usable[i] + static_cast<int>(j - i) &&
                     seat.block == first.block && seat.tier == first.tier;
            sum += seat.quality;
        }
        if (is_run && (best.empty() || sum < best_quality)) {
            best.assign(usable.begin() + static_cast<std::ptrdiff_t>(i),
                        usable.begin() + static_cast<std::ptrdiff_t>(i + wanted));
            best_quality = sum;
        }
    }
    if (best.empty()) {
        best = usable;
        std::stable_sort(best.begin(), best.end(),
                         [&](int one, int other) { return quality(one) < quality(other); });
        best.resize(wanted);
        std::sort(best.begin(), best.end());
    }
    return best;
}

// Seats that gathered go to those who wait, in order; what nobody who waits can use is for everybody.
void Show::promote() {
    std::set<std::string> closed;
    bool was_sold = false;
    for (std::size_t i = 0; i < entries.size() && !is_cancelled && !is_over; ++i) {
        if (entries[i].status != "waiting") {
            continue;
        }
        const Entry entry = entries[i];
        std::vector<int> usable;
        for (std::size_t s = 0; s < seats.size(); ++s) {
            if (seats[s].status == 'r' && fits(seats[s], entry.tier) && !closed.contains(seats[s].tier)) {
                usable.push_back(static_cast<int>(s));
            }
        }
        const bool is_enough = static_cast<int>(usable.size()) >= entry.quantity;
        // Whose time is over is ended here only if it would have its turn; else the sweep does it.
        if (usable.empty() || (!is_strict && !is_enough)) {
            continue;
        }
        if (entry.is_over) {
            end_entry(entries[i], "expired", "time_over");
        } else if (!is_enough) {
            // They gather; nobody behind is served from these.
            if (entry.tier.empty()) {
                break;
            }
            closed.insert(entry.tier);
        } else {
            const int booking = add_booking(entry.buyer, choose(entry, usable));
            bookings[static_cast<std::size_t>(booking)].entry = static_cast<int>(i);
            entries[i].booking = booking;
            entries[i].status = "offered";
            if (entry.buys) {
                const int payment = charge(booking, "token", true);
                if (payments[static_cast<std::size_t>(payment)].method == "none") {
                    sell(payment);
                    end_entry(entries[i], "fulfilled", "bought");
                    was_sold = true;
                }
            }
        }
    }
    for (Seat& seat : seats) {
        const bool is_waited_for = std::any_of(entries.begin(), entries.end(), [&seat](const Entry& entry) {
            return entry.status == "waiting" && fits(seat, entry.tier);
        });
        if (seat.status == 'r' && !is_waited_for) {
            seat.status = 'a';
        }
    }
    if (was_sold) {
        end_hopeless();
    }
}

void Show::end_hopeless() {
    std::vector<Entry*> hopeless;
    for (Entry& entry : entries) {
        if (entry.status == "waiting" && count_possible(entry.tier) < entry.quantity) {
            hopeless.push_back(&entry);
        }
    }
    for (Entry* entry : hopeless) {
        end_entry(*entry, "failed", "cannot_be_met");
    }
    if (!hopeless.empty()) {
        promote();
    }
}

// What staff does.

std::string Show::block(const std::vector<int>& seats_to_block) {
    take_back_lapsed();
    const bool is_waited_for = count_waiting() > 0;
    for (const int number : seats_to_block) {
        Seat& seat = seats[static_cast<std::size_t>(number)];
        if (seat.status == 'h' || seat.status == 's') {
            return "in_use";
        }
        seat.status = 'b';
    }
    if (is_waited_for) {
        end_hopeless();
    }
    return "";
}

std::string Show::open(const std::vector<int>& seats_to_open) {
    std::vector<int> blocked;
    for (const int seat : seats_to_open) {
        if (seats[static_cast<std::size_t>(seat)].status == 'b') {
            blocked.push_back(seat);
        }
    }
    hand_on(blocked, count_waiting() > 0);
    return std::to_string(blocked.size());
}

// What there is.

int Show::claimed(std::int64_t buyer) const {
    std::size_t count = 0;
    for (const Booking& b : bookings) {
        count += b.buyer == buyer && (b.status == "held" || b.status == "paying") ? b.seats.size() : 0;
    }
    for (const Entry& entry : entries) {
        count +=
            entry.buyer == buyer && entry.status == "waiting" ? static_cast<std::size_t>(entry.quantity) : 0;
    }
    return static_cast<int>(count);
}

int Show::count_waiting() const {
    return static_cast<int>(std::count_if(entries.begin(), entries.end(),
                                          [](const Entry& entry) { return entry.status == "waiting"; }));
}

int Show::count_free(const std::string& tier) const {
    return static_cast<int>(std::count_if(seats.begin(), seats.end(), [&tier](const Seat& seat) {
        return seat.status == 'a' && fits(seat, tier);
    }));
}

int Show::count_possible(const std::string& tier) const {
    return static_cast<int>(std::count_if(seats.begin(), seats.end(), [&tier](const Seat& seat) {
        return seat.status != 's' && seat.status != 'b' && fits(seat, tier);
    }));
}

bool Show::has_run(int quantity, const std::string& tier) const {
    int length = 0;
    for (std::size_t i = 0; i < seats.size(); ++i) {
        const bool is_free = seats[i].status == 'a' && fits(seats[i], tier);
        const bool goes_on =
            i > 0 && seats[i].block == seats[i - 1].block && seats[i].tier == seats[i - 1].tier;
        length = is_free ? (goes_on ? length + 1 : 1) : 0;
        if (length >= quantity) {
            return true;
        }
    }
    return false;
}

std::int64_t Show::amount_of(const std::vector<int>& of) const {
    std::int64_t sum = 0;
    for (const int seat : of) {
        sum += seats[static_cast<std::size_t>(seat)].price;
    }
    return sum;
}

int Show::find_seat(const std::string& name) const {
    const auto found =
        std::find_if(seats.begin(), seats.end(), [&name](const Seat& seat) { return seat.name == name; });
    return found == seats.end() ? -1 : static_cast<int>(found - seats.begin());
}

// Seen and expected.

void Show::bind(const Lines& seen) {
    std::set<std::string> known;
    for (const Booking& b : bookings) {
        known.insert(b.id);
    }
    for (const Payment& p : payments) {
        known.insert(p.id);
    }
    for (const Entry& entry : entries) {
        known.insert(entry.id);
    }
    for (Entry& entry : entries) {
        for (auto line = seen.begin(); entry.id.empty() && line != seen.end(); ++line) {
            const std::string id = key_after(line->first, "entry ");
            if (!id.empty() && known.insert(id).second) {
                entry.id = id;
            }
        }
        // An offer's booking is named by its entry.
        const auto line = seen.find("entry " + entry.id);
        if (entry.booking >= 0 && bookings[static_cast<std::size_t>(entry.booking)].id.empty() &&
            line != seen.end()) {
            const std::string id = words(line->second).at(6);
            bookings[static_cast<std::size_t>(entry.booking)].id = id;
            known.insert(id);
        }
    }
    for (Booking& b : bookings) {
        for (auto line = seen.begin(); b.id.empty() && line != seen.end(); ++line) {
            const std::string id = key_after(line->first, "booking ");
            if (!id.empty() && known.insert(id).second) {
                b.id = id;
            }
        }
    }
    for (Payment& p : payments) {
        for (auto line = seen.begin(); p.id.empty() && line != seen.end(); ++line) {
            const std::string id = key_after(line->first, "payment ");
            if (!id.empty() &&
                words(line->second).at(0) == bookings[static_cast<std::size_t>(p.booking)].id &&
                known.insert(id).second) {
                p.id = id;
            }
        }
    }
}

Lines Show::lines() const {
    Lines all;
    std::string text;
    std::vector<int> gathered;
    for (std::size_t i = 0; i < seats.size(); ++i) {
        text += (text.empty() ? "" : ",") + std::string(1, seats[i].status);
        if (seats[i].booking >= 0) {
            text += bookings[static_cast<std::size_t>(seats[i].booking)].id.substr(0, 8);
        }
        if (seats[i].status == 'r') {
            gathered.push_back(static_cast<int>(i));
        }
    }
    all["seats"] = text;
    all["queue"] =
        std::to_string(count_waiting()) + " " + std::to_string(entries.size()) + " " + numbers(gathered);

    std::map<std::int64_t, int> claims;
    for (const Booking& b : bookings) {
        std::vector<int> refunded;
        for (std::size_t i = 0; i < b.tickets.size(); ++i) {
            if (b.tickets[i] == 'x') {
                refunded.push_back(b.seats[i]);
            }
        }
        all["booking " + b.id] = std::to_string(b.buyer) + " " + b.status + " " +
                                 std::to_string(amount_of(b.seats)) + " " + numbers(b.seats) + " " +
                                 numbers(refunded) + " " + or_dash(b.tickets);
        claims[b.buyer] = claimed(b.buyer);
    }
    for (const Payment& p : payments) {
        all["payment " + p.id] = bookings[static_cast<std::size_t>(p.booking)].id + " " +
                                 (p.charge < 0 ? "charge" : "refund") + " " + p.method + " " + p.status +
                                 " " + std::to_string(p.amount) + " " + std::to_string(p.refunded) + " " +
                                 numbers(p.seats);
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& e = entries[i];
        all["entry " + e.id] = std::to_string(e.buyer) + " " + std::to_string(i + 1) + " " +
                               std::to_string(e.quantity) + " " + or_dash(e.tier) + " " +
                               (e.buys ? "buy" : "offer") + " " + e.status + " " +
                               (e.booking < 0 ? "-" : bookings[static_cast<std::size_t>(e.booking)].id) +
                               " " + or_dash(e.reason);
        claims[e.buyer] = claimed(e.buyer);
    }
    text.clear();
    for (const auto& [buyer, count] : claims) {
        if (count > 0) {
            text += (text.empty() ? "" : ",") + std::to_string(buyer) + ":" + std::to_string(count);
        }
    }
    all["claims"] = text;

    std::multiset<std::string> promised;
    for (const Work& work : works) {
        promised.insert(work.kind + ":" +
                        (work.payment >= 0 ? payments[static_cast<std::size_t>(work.payment)].id
                         : work.entry >= 0 ? entries[static_cast<std::size_t>(work.entry)].id
                                           : "-"));
    }
    text.clear();
    for (const std::string& work : promised) {
        text += (text.empty() ? "" : ",") + work;
    }
    all["work"] = text;
    return all;
}

}  // namespace boxoffice::test::model

// A small model of one show: what sales, payments, check-in and the waitlist should come to, in the order in
// which they happen, with nothing of how the database does it. Nobody else is there, so nothing is locked and
// nothing is busy. Each rule changes the model as the database should change, and returns the verdict that it
// should give: a code of api.error, or what the function answers. After a code that the database raises the
// caller takes the old model again.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace boxoffice::test::model {

// What is seen of the database: a line for each thing, "booking 0f3c…" and its state.
using Lines = std::map<std::string, std::string>;

// The database does what the model says that it cannot.
struct Mismatch : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Seat {
    std::string name, tier;
    std::int64_t price = 0;
    int block = 0, quality = 0;
    char status = 'a';  // available, held, sold, blocked, reserved
    int booking = -1;
};

struct Booking {
    std::string id;  // empty until it was seen
    std::int64_t buyer = 0;
    std::string status;
    std::vector<int> seats;
    std::string tickets;  // one letter a seat: valid, used, x for void; empty before it is paid
    bool is_lapsed = false;
    int entry = -1;
};

struct Payment {
    std::string id;
    int booking = -1;
    int charge = -1;  // of a refund
    std::string method, status;
    std::int64_t amount = 0, refunded = 0;
    std::vector<int> seats;  // of a refund
    bool is_off_session = false;
    bool has_page = false;      // the provider's page is known
    bool is_bound = false;      // it is known which intent is its own
    bool is_old = false;        // old enough to be reconciled
    bool is_overdue = false;    // past its deadline
    bool is_forgotten = false;  // past the time that the provider keeps keys
};

struct Entry {
    std::string id;
    std::int64_t buyer = 0;
    int quantity = 0;
    std::string tier;  // empty: any
    bool buys = false;
    std::string status = "waiting", reason;
    int booking = -1;
    bool is_over = false;
};

// Work that the outbox promises, but for mails and messages.
struct Work {
    std::string kind;
    int payment = -1;
    int entry = -1;
};

struct Wish {
    std::vector<std::string> seats;  // or:
    int quantity = 0;
    std::string tier;
    bool together = true;
};

class Show {
public:
    std::int64_t id = 0;
    bool is_seated = true, is_strict = true, is_cancelled = false, is_over = false;
    int max_seats = 10;
    std::vector<Seat> seats;
    std::vector<Booking> bookings;
    std::vector<Payment> payments;
    std::vector<Entry> entries;  // in the order of joining
    std::vector<Work> works;

    // `given`: the names of the seats that the database gave, if it did.
    std::string hold(std::int64_t buyer, const Wish& wish, const std::vector<std::string>& given);
    std::string release(int booking, std::int64_t buyer);
    std::string expire();

    std::string begin_payment(int booking, std::int64_t buyer, bool hosted);
    std::string complete(int payment);
    std::string fail(int payment);
    // As sales.hear_intent does: the intent of this status is the payment's, and is known to be if it `is_answer`.
    std::string hear(int payment, const std::string& status, bool is_answer);
    std::string open_page(int payment);
    std::string settle_capture(int payment);
    std::string settle_void(int payment) const;
    std::string settle_refund(int payment);
    // As sales.receive_provider_event does for the event's type.
    std::string receive(const std::string& type, int payment);
    // What ops.reconcile does for this show.
    void reconcile();

    // `names` empty: the whole booking.
    std::string refund(int booking, std::int64_t buyer, bool is_staff, const std::vector<std::string>& names);
    std::string cancel();
    // Which are settled when they are more than `limit` is the database's choice.
    std::string settle_cancelled(int limit, const Lines& seen);

    std::string scan(int booking, int seat, bool other_show);
    std::string undo(int booking, int seat);

    enum class Method { none, missing, saved, fresh };  // none: to be offered; else to be bought with this
    std::string join(std::int64_t buyer, int quantity, const std::string& tier, Method method);
    std::string leave(int entry, std::int64_t buyer);
    std::string refuse_method(int entry);
    std::string sweep_queue();

    std::string block(const std::vector<int>& seats_to_block);
    std::string open(const std::vector<int>& seats_to_open);

    // Gives what is new its id, by what it belongs to.
    void bind(const Lines& seen);
    // What should be seen.
    Lines lines() const;

    std::int64_t amount_of(const std::vector<int>& of) const;
    int find_seat(const std::string& name) const;
    bool has_work(int payment) const;

private:
    int claimed(std::int64_t buyer) const;
    int count_waiting() const;
    int count_free(const std::string& tier) const;
    int count_possible(const std::string& tier) const;
    bool has_run(int quantity, const std::string& tier) const;
    int add_booking(std::int64_t buyer, const std::vector<int>& of);
    int charge(int booking, const std::string& method, bool is_off_session);
    void sell(int payment);
    void refund_seats(int booking, const std::vector<int>& of);
    void end_entry(Entry& entry, const std::string& status, const std::string& reason);
    void free_bookings(const std::vector<int>& of, const std::string& status, const std::string& entry_status,
                       const std::string& reason);
    void hand_on(const std::vector<int>& of, bool is_waited_for);
    void take_back_lapsed();
    std::vector<int> choose(const Entry& entry, const std::vector<int>& usable) const;
    void promote();
    void end_hopeless();
};

}  // namespace boxoffice::test::model

// Tickets on paper that one core draws in a second, each a file of its own, in both languages by turns; against what is
// asked of it: 50 a second.
#include <ctime>
#include <filesystem>

#include "render/ticket_pdf.hpp"
#include "support/bench.hpp"

using namespace boxoffice;

namespace {

constexpr std::uint64_t asked_for = 50;

constexpr const char* booking = R"({"booking_id": "bk_331_0f8e1c2d3e4f5a6b7c8d9e0f1a2b3c4d", "show_id": 331,
    "status": "paid", "kind": "film", "title": "Crouching Tiger, Hidden Dragon", "title_zh": "卧虎藏龙",
    "rating": "PG-13", "duration_minutes": 120, "venue_name": "Screen on the Green", "venue_name_zh": "绿地影院",
    "address": "83 Upper Street", "postal_code": "N1 0NP", "city_name": "London", "city_name_zh": "伦敦",
    "latitude": 51.5386, "longitude": -0.1031, "hall_name": "Screen 1", "admission": "seated",
    "starts_at": {"at": "2026-11-28T19:30:00Z", "zone": "Europe/London"},
    "ends_at": {"at": "2026-11-28T21:30:00Z", "zone": "Europe/London"}, "stamped_at": "2026-11-22T05:00:00Z",
    "sequence": 0, "is_cancelled": false, "tickets": [{"ticket_id": "tk_331_a", "seat": "C-7", "row": "C",
    "number": 7, "section": null, "accessible": false, "tier": "standard", "price": {"value": 1250, "currency": "GBP"},
    "code": "BX1.331.q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjR"}]})";

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

int main() {
    const std::filesystem::path root = std::filesystem::path(test::setting("BOXOFFICE_ROOT"));
    const render::Texts texts(root / "templates", std::make_shared<const render::Currencies>(
                                                       render::Currencies::Decimals{{"GBP", 2}}));
    rapidjson::Document model;
    model.Parse(booking);

    const auto draw = [&] {
        test::Turn turn;
        const double start = cpu_seconds();
        const auto until = std::chrono::steady_clock::now() + test::turn_length();
        while (std::chrono::steady_clock::now() < until) {
            render::ticket_pdf(texts, model, turn.count++ % 2 ? "zh" : "en");
        }
        // Of a core's time, so that a machine that is busy with something else does not sway it.
        turn.seconds = turn.cpu_seconds = cpu_seconds() - start;
        return turn;
    };
    return test::compare({.name = "pdf",
                          .unit = "tickets/s",
                          .least = 1,
                          .a = draw,
                          .b = [] { return test::Turn{.count = asked_for, .seconds = 1, .cpu_seconds = 0}; }});
}

// QR codes: the SVG's modules are libqrencode's.
#include <doctest/doctest.h>
#include <qrencode.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "render/qr.hpp"

namespace {

constexpr int quiet_zone = 4;

std::string attribute(const std::string& svg, const std::string& before) {
    const auto start = svg.find(before) + before.size();
    return svg.substr(start, svg.find('"', start) - start);
}

// Draws the dark path of the SVG: side * side modules, row by row.
std::vector<bool> drawn(const std::string& svg, int side) {
    std::vector<bool> modules(static_cast<std::size_t>(side) * side);
    const auto path = attribute(svg, "/><path d=\"");
    int x = 0;
    int y = 0;
    int run = 0;
    int back = 0;
    int length = 0;
    for (const char* rest = path.c_str(); *rest; rest += length) {
        REQUIRE(std::sscanf(rest, "M%d %dh%dv1h-%dz%n", &x, &y, &run, &back, &length) == 4);
        REQUIRE(run == back);
        for (int i = 0; i < run; ++i) {
            modules[static_cast<std::size_t>(y) * side + x + i] = true;
        }
    }
    return modules;
}

}  // namespace

TEST_CASE("a QR code's SVG draws exactly the modules of libqrencode within a quiet zone") {
    const std::string text = "BX1.0000002f.Jk3_-9aZ.票";
    auto* const code = QRcode_encodeData(
        static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M);
    REQUIRE(code);
    const auto svg = boxoffice::render::qr_svg(text);
    const int side = code->width + 2 * quiet_zone;
    CHECK(attribute(svg, "viewBox=\"") == "0 0 " + std::to_string(side) + " " + std::to_string(side));
    const auto modules = drawn(svg, side);
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            const int code_x = x - quiet_zone;
            const int code_y = y - quiet_zone;
            const bool is_inside = code_x >= 0 && code_y >= 0 && code_x < code->width && code_y < code->width;
            const bool is_dark = is_inside && (code->data[code_y * code->width + code_x] & 1);
            CHECK(modules[static_cast<std::size_t>(y) * side + x] == is_dark);
        }
    }
    QRcode_free(code);
}

TEST_CASE("a QR code is an image with a name, which is escaped") {
    const auto svg = boxoffice::render::qr_svg("x", "Ticket \"<A&B>\"");
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.ends_with("</svg>"));
    CHECK(svg.find(R"(role="img" aria-label="Ticket &quot;&lt;A&amp;B&gt;&quot;")") != std::string::npos);
}

TEST_CASE("text that fits into no QR code is refused") {
    CHECK_NOTHROW(boxoffice::render::qr_svg(std::string(2331, 'x')));
    CHECK_THROWS_AS(boxoffice::render::qr_svg(std::string(2332, 'x')), std::length_error);
    CHECK_THROWS_AS(boxoffice::render::qr_svg(""), std::length_error);
}

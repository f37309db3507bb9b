#include "render/qr.hpp"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace boxoffice::render {

namespace {

constexpr int quiet_zone = 4;

struct FreeCode {
    void operator()(QRcode* code) const { QRcode_free(code); }
};

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

// Each run of dark modules of a row as a rectangle of height 1: move, right, down, left, close.
std::string path(const QRcode& code) {
    std::string result;
    const auto is_dark = [&](int x, int y) { return (code.data[y * code.width + x] & 1) != 0; };
    for (int y = 0; y < code.width; ++y) {
        for (int x = 0; x < code.width;) {
            if (!is_dark(x, y)) {
                ++x;
                continue;
            }
            const int start = x;
            while (x < code.width && is_dark(x, y)) {
                ++x;
            }
            const auto run = std::to_string(x - start);
            result.append("M").append(std::to_string(start + quiet_zone));
            result.append(" ").append(std::to_string(y + quiet_zone));
            result.append("h").append(run).append("v1h-").append(run).append("z");
        }
    }
    return result;
}

}  // namespace

std::string qr_svg(std::string_view text, std::string_view label) {
    const std::unique_ptr<QRcode, FreeCode> code(QRcode_encodeData(
        static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M));
    if (!code) {
        throw std::length_error("a text of " + std::to_string(text.size()) + " bytes makes no QR code");
    }
    const auto side = std::to_string(code->width + 2 * quiet_zone);
    return R"(<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label=")" + escaped(label) +
           R"(" viewBox="0 0 )" + side + ' ' + side +
           R"(" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h)" + side + 'v' + side +
           "H0z\"/><path d=\"" + path(*code) + R"("/></svg>)";
}

}  // namespace boxoffice::render

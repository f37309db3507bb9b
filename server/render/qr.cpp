#include "render/qr.hpp"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace boxoffice::render {

namespace {

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

}  // namespace

int qr_runs(std::string_view text, const std::function<void(int x, int y, int width)>& draw) {
    const std::unique_ptr<QRcode, FreeCode> code(QRcode_encodeData(
        static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M));
    if (!code) {
        throw std::length_error("a text of " + std::to_string(text.size()) + " bytes makes no QR code");
    }
    const auto is_dark = [&](int x, int y) { return (code->data[y * code->width + x] & 1) != 0; };
    for (int y = 0; y < code->width; ++y) {
        for (int x = 0; x < code->width;) {
            if (!is_dark(x, y)) {
                ++x;
                continue;
            }
            const int start = x;
            while (x < code->width && is_dark(x, y)) {
                ++x;
            }
            draw(start, y, x - start);
        }
    }
    return code->width;
}

std::string qr_svg(std::string_view text, std::string_view label) {
    std::string path;  // each run as a rectangle of height 1: move, right, down, left, close
    const int modules = qr_runs(text, [&](int x, int y, int width) {
        const auto run = std::to_string(width);
        path.append("M").append(std::to_string(x + qr_quiet_zone));
        path.append(" ").append(std::to_string(y + qr_quiet_zone));
        path.append("h").append(run).append("v1h-").append(run).append("z");
    });
    const auto side = std::to_string(modules + 2 * qr_quiet_zone);
    return R"(<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label=")" + escaped(label) +
           R"(" viewBox="0 0 )" + side + ' ' + side +
           R"(" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h)" + side + 'v' + side +
           "H0z\"/><path d=\"" + path + R"("/></svg>)";
}

}  // namespace boxoffice::render

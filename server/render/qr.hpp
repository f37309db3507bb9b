// QR codes: as SVG, for tickets on pages and as files, and as modules for whoever draws them otherwise.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace boxoffice::render {

// One <svg> element with a single black path on white, role="img", a quiet zone of four modules (ISO/IEC
// 18004) and a viewBox of one unit a module, so that its size is the page's choice. `label` is its accessible
// name. Error correction M. Throws std::length_error when the text is empty or does not fit into a QR code
// (2331 bytes).
std::string qr_svg(std::string_view text, std::string_view label = "QR");

// The dark modules of the same code as runs: `draw` gets row (y), first column (x) and length (width) of
// each, counted without a quiet zone. Returns the modules of a side. Throws as qr_svg() does.
int qr_runs(std::string_view text, const std::function<void(int x, int y, int width)>& draw);

// How many light modules belong around a code on each side.
inline constexpr int qr_quiet_zone = 4;

}  // namespace boxoffice::render

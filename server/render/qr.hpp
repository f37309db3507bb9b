// QR codes as SVG, for tickets on pages and as files.
#pragma once

#include <string>
#include <string_view>

namespace boxoffice::render {

// One <svg> element with a single black path on white, role="img", a quiet zone of four modules (ISO/IEC
// 18004) and a viewBox of one unit a module, so that its size is the page's choice. `label` is its accessible
// name. Error correction M. Throws std::length_error when the text is empty or does not fit into a QR code
// (2331 bytes).
std::string qr_svg(std::string_view text, std::string_view label = "QR");

}  // namespace boxoffice::render

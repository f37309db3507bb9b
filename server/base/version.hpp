// The program's version, as `boxoffice version` and the OpenAPI document print it.
#pragma once

#include <string_view>

namespace boxoffice {

inline constexpr std::string_view version = "0.1.0";

}  // namespace boxoffice

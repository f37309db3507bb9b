// A body as application/x-www-form-urlencoded, for Stripe's API. Nested names are written out by the
// caller: "metadata[show_id]".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boxoffice::worker {

using Form = std::vector<std::pair<std::string, std::string>>;

std::string encode(const Form& form);

}  // namespace boxoffice::worker

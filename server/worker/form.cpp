#include "worker/form.hpp"

#include "base/encoding.hpp"

namespace boxoffice::worker {

std::string encode(const Form& form) {
    std::string body;
    for (const auto& [name, value] : form) {
        body += (body.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
    }
    return body;
}

}  // namespace boxoffice::worker

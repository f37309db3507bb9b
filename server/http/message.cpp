#include "http/message.hpp"

#include <algorithm>

namespace boxoffice::http {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Request::header(std::string_view name) const {
    for (const Header& header : headers)
        if (same_name(header.name, name))
            return header.value;
    return {};
}

}  // namespace boxoffice::http

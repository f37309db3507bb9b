#include "api/json_text.hpp"

namespace boxoffice::api {

namespace {

constexpr std::string_view space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += "\\u00";
                    out += digits[static_cast<unsigned char>(c) >> 4];
                    out += digits[static_cast<unsigned char>(c) & 15];
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

std::string json_string(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    append_json_string(out, text);
    return out;
}

std::string_view members_of(std::string_view object) {
    const std::string_view text = trimmed(object);
    if (text.size() < 2 || text.front() != '{' || text.back() != '}')
        return {};
    return trimmed(text.substr(1, text.size() - 2));
}

std::string with_members(std::string_view object, std::string_view members) {
    const std::string_view own = members_of(object);
    std::string out;
    out.reserve(object.size() + members.size() + 3);
    out += '{';
    out += members;
    if (!own.empty() && !members.empty())
        out += ',';
    out += own;
    out += '}';
    return out;
}

}  // namespace boxoffice::api

#include "render/template_source.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "render/text.hpp"

namespace boxoffice::render {

namespace {

constexpr std::string_view pragma = R"({{%AUTOESCAPE context="HTML"}})";

// Attributes whose value is an address: HTML's, and htmx's.
constexpr auto address_attributes = std::to_array<std::string_view>(
    {"action", "cite", "href", "hx-delete", "hx-get", "hx-post", "poster", "src"});

// Attributes in which ctemplate takes a variable for harmless text, which it is not.
constexpr auto constant_attributes =
    std::to_array<std::string_view>({"fill", "formaction", "stroke", "xlink:href"});

// Attributes that hold script, style or markup.
bool is_inline_code(std::string_view attribute) {
    return attribute.starts_with("on") || attribute.starts_with("hx-on") || attribute == "style" ||
           attribute == "srcdoc";
}

template <std::size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
    return std::ranges::find(names, name) != names.end();
}

// The marker at `at`, which is moved behind it; nothing for comments and the pragma.
std::optional<Marker> marker_at(std::string_view source, std::size_t& at) {
    const auto end = std::min(source.find("}}", at), source.size());
    auto body = source.substr(at + 2, end - at - 2);
    at = std::min(end + 2, source.size());
    if (body.empty() || body.front() == '!' || body.front() == '%' || body.front() == '=') {
        return std::nullopt;
    }
    Marker marker{Marker::Kind::variable, {}, {}};
    switch (body.front()) {
        case '#':
            marker.kind = Marker::Kind::section;
            break;
        case '/':
            marker.kind = Marker::Kind::end;
            break;
        case '>':
            marker.kind = Marker::Kind::include;
            break;
        default:
            break;
    }
    if (marker.kind != Marker::Kind::variable) {
        body.remove_prefix(1);
    }
    const auto colon = std::min(body.find(':'), body.size());
    marker.name = body.substr(0, colon);
    marker.modifiers = body.substr(colon);
    return marker;
}

// Reads a template as HTML and collects what is forbidden in it.
class Inspector {
public:
    Inspector(std::string_view source, Use use) : source_(source), use_(use) {}

    std::vector<std::string> faults() && {
        if (!source_.starts_with(pragma)) {
            fault("the file does not begin with " + std::string(pragma));
        }
        for (const auto& marker : markers_of(source_)) {
            if (!marker.modifiers.empty() && marker.modifiers != ":u") {
                at_ = static_cast<std::size_t>(marker.name.data() - source_.data());
                fault("the only modifier is :u, not " + std::string(marker.modifiers));
            }
        }
        at_ = 0;
        while (at_ < source_.size()) {
            if (is_next("{{")) {
                marker_at(source_, at_);
            } else if (is_next("<{{")) {
                ++at_;
                marker_in_tag();
            } else if (is_next("<") &&
                       !span("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", at_ + 1).empty()) {
                element();
            } else {
                ++at_;
            }
        }
        return std::move(faults_);
    }

private:
    // Names the line of at_.
    void fault(const std::string& what) {
        const auto line = 1 + std::ranges::count(source_.substr(0, at_), '\n');
        faults_.push_back("line " + std::to_string(line) + ": " + what);
    }

    bool is_next(std::string_view text) const { return source_.substr(at_).starts_with(text); }

    // What begins at `from` and is made of `characters`.
    std::string_view span(std::string_view characters, std::size_t from) const {
        return source_.substr(from, source_.find_first_not_of(characters, from) - from);
    }

    // From the < of a start tag to behind its >, and for scripts and styles what follows.
    void element() {
        ++at_;
        const auto name = lowered(word());
        bool has_src = false;
        while (at_ < source_.size() && !is_next(">")) {
            if (is_next("{{")) {
                marker_in_tag();
            } else if (span(" \t\r\n/", at_).empty()) {
                has_src = attribute() == "src" || has_src;
            } else {
                ++at_;
            }
        }
        const bool is_script = name == "script";
        if (name == "style" || (is_script && !(has_src && is_next("></script>")))) {
            fault("<" + name + "> with its content in the page");
        }
    }

    // A name, up to what cannot be part of one. Never empty, so that reading goes on whatever stands there.
    std::string_view word() {
        auto end = std::min(source_.find_first_of(" \t\r\n/>=", at_ + 1), source_.size());
        end = std::min(end, source_.find("{{", at_ + 1));
        const auto result = source_.substr(at_, end - at_);
        at_ = end;
        return result;
    }

    void marker_in_tag() {
        auto behind = at_;
        const auto marker = marker_at(source_, behind);
        if (marker && marker->kind == Marker::Kind::variable) {
            fault("{{" + std::string(marker->name) + "}} in a tag, outside of an attribute's quotes");
        }
        if (marker && marker->kind == Marker::Kind::include) {
            fault("{{>" + std::string(marker->name) + "}} inside a tag");
        }
        at_ = behind;
    }

    bool is_style_of_mail(std::string_view name) const { return use_ == Use::mail && name == "style"; }

    // name="value" or name; gives the name.
    std::string attribute() {
        auto name = lowered(word());
        if (is_inline_code(name) && !is_style_of_mail(name)) {
            fault("the attribute " + name + "=");
        }
        if (!is_next("=")) {
            return name;
        }
        ++at_;
        if (!is_next("\"")) {
            fault("the value of " + name + "= is not in double quotes");
            return name;
        }
        ++at_;
        const auto end = std::min(source_.find('"', at_), source_.size());
        value(name, end);
        at_ = std::min(end + 1, source_.size());
        return name;
    }

    // The value from at_ to `end` of the attribute `name`.
    void value(const std::string& name, std::size_t end) {
        const bool is_address = is_one_of(name, address_attributes);
        if (is_address && lowered(source_.substr(at_, end - at_)).starts_with("javascript:")) {
            fault("a script in " + name + "=");
        }
        bool is_query = false;
        while (at_ < end) {
            if (!is_next("{{")) {
                is_query = source_[at_] == '?' || (is_query && source_[at_] != '#');
                ++at_;
                continue;
            }
            auto behind = at_;
            const auto marker = marker_at(source_, behind);
            if (marker && marker->kind == Marker::Kind::include) {
                fault("{{>" + std::string(marker->name) + "}} inside an attribute");
            }
            if (marker && marker->kind == Marker::Kind::variable) {
                const auto place = "{{" + std::string(marker->name) + "}} in ";
                if (is_one_of(name, constant_attributes) || is_style_of_mail(name)) {
                    fault(std::string(place).append(name).append("=, which takes no variable"));
                }
                if (is_address && is_query && marker->modifiers != ":u") {
                    fault(std::string(place).append("the query of ").append(name).append("= needs :u"));
                }
            }
            at_ = behind;
        }
    }

    std::string_view source_;
    Use use_;
    std::size_t at_ = 0;
    std::vector<std::string> faults_;
};

}  // namespace

std::vector<Marker> markers_of(std::string_view source) {
    std::vector<Marker> result;
    for (auto at = source.find("{{"); at < source.size(); at = source.find("{{", at)) {
        if (auto marker = marker_at(source, at)) {
            result.push_back(*marker);
        }
    }
    return result;
}

std::vector<std::string> faults_of(std::string_view source, Use use) {
    return Inspector(source, use).faults();
}

}  // namespace boxoffice::render

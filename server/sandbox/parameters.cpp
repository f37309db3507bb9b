#include "sandbox/parameters.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace boxoffice::sandbox {
namespace {

constexpr std::size_t max_fields = 500;
constexpr std::size_t max_levels = 8;

// A leaf has a value, an inner node has children.
struct Node {
    std::optional<std::string> value;
    std::vector<std::pair<std::string, Node>> children;

    Node& child(std::string name) {
        if (name.empty()) {
            name = std::to_string(children.size());
        }
        const auto found = std::find_if(children.begin(), children.end(),
                                        [&name](const auto& pair) { return pair.first == name; });
        if (found != children.end()) {
            return found->second;
        }
        return children.emplace_back(std::move(name), Node{}).second;
    }

    bool is_array() const {
        for (std::size_t i = 0; i < children.size(); ++i) {
            if (children[i].first != std::to_string(i)) {
                return false;
            }
        }
        return !children.empty();
    }
};

// "a[b][]" as "a", "b", "". A name whose brackets do not fit is one name.
std::vector<std::string> levels_of(const std::string& name) {
    std::vector<std::string> levels;
    const std::size_t first = name.find('[');
    levels.push_back(name.substr(0, first));
    std::size_t open = first;
    while (open < name.size()) {
        const std::size_t close = name.find_first_of("[]", open + 1);
        if (name[open] != '[' || close == std::string::npos || name[close] != ']') {
            return {name};
        }
        levels.push_back(name.substr(open + 1, close - open - 1));
        open = close + 1;
    }
    return levels;
}

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write_string(const std::string& text, Writer& writer) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write(const Node& node, Writer& writer) {
    if (node.value) {
        write_string(*node.value, writer);
        return;
    }
    const bool is_array = node.is_array();
    is_array ? writer.StartArray() : writer.StartObject();
    for (const auto& [name, child] : node.children) {
        if (!is_array) {
            write_string(name, writer);
        }
        write(child, writer);
    }
    is_array ? writer.EndArray() : writer.EndObject();
}

}  // namespace

std::string nested_json(const std::vector<http::Field>& fields) {
    if (fields.size() > max_fields) {
        throw BadParameters("Too many parameters.");
    }
    Node root;
    for (const http::Field& field : fields) {
        const std::vector<std::string> levels = levels_of(field.name);
        if (levels.size() > max_levels) {
            throw BadParameters("Parameters are nested too deep: " + field.name);
        }
        Node* node = &root;
        for (const std::string& level : levels) {
            node = &node->child(level);
            if (node->value && &level != &levels.back()) {
                throw BadParameters("Both a value and an object: " + field.name);
            }
        }
        if (!node->children.empty()) {
            throw BadParameters("Both a value and an object: " + field.name);
        }
        node->value = field.value;
    }

    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    for (const auto& [name, child] : root.children) {
        write_string(name, writer);
        write(child, writer);
    }
    writer.EndObject();
    return buffer.GetString();
}

}  // namespace boxoffice::sandbox

#include "api/router.hpp"

#include <algorithm>

namespace boxoffice::api {

namespace {

// A path deeper than any route is not looked at.
constexpr size_t max_segments = 16;

}  // namespace

Router::Router(const std::vector<Route>& routes) {
    for (const Route& route : routes) {
        Node* node = &root_;
        for (const std::string_view segment : segments_of(route.path)) {
            if (segment.starts_with('{')) {
                if (!node->parameter)
                    node->parameter = std::make_unique<Node>();
                node = node->parameter.get();
            } else {
                node = &node->literals[std::string(segment)];
            }
        }
        node->methods[route.method] = &route;
    }
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    const std::vector<std::string_view> segments = segments_of(path);
    if (segments.size() > max_segments)
        return match;
    std::vector<std::string> parameters;
    std::vector<std::string> allowed;
    find(root_, segments, 0, method == "HEAD" ? "GET" : method, parameters, match, allowed);
    if (match.route || allowed.empty())
        return match;
    if (std::ranges::find(allowed, "GET") != allowed.end())
        allowed.push_back("HEAD");
    allowed.push_back("OPTIONS");
    std::ranges::sort(allowed);
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    for (const std::string& name : allowed)
        match.allow += (match.allow.empty() ? "" : ", ") + name;
    return match;
}

void Router::find(const Node& node, const std::vector<std::string_view>& segments, size_t depth,
                  std::string_view method, std::vector<std::string>& parameters, Match& match,
                  std::vector<std::string>& allowed) {
    if (depth == segments.size()) {
        if (const auto found = node.methods.find(method); found != node.methods.end()) {
            match.route = found->second;
            match.parameters = parameters;
        } else {
            for (const auto& [name, route] : node.methods)
                allowed.push_back(name);
        }
        return;
    }
    const std::string_view segment = segments[depth];
    if (segment.empty())
        return;
    if (const auto next = node.literals.find(segment); next != node.literals.end())
        find(next->second, segments, depth + 1, method, parameters, match, allowed);
    if (!match.route && node.parameter) {
        parameters.emplace_back(segment);
        find(*node.parameter, segments, depth + 1, method, parameters, match, allowed);
        parameters.pop_back();
    }
}

}  // namespace boxoffice::api

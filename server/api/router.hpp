// Which route answers a method and path. Built once, constant from then on: any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/route.hpp"

namespace boxoffice::api {

class Router {
public:
    struct Match {
        const Route* route = nullptr;         // nothing: 404, or 405 if `allow` says something
        std::vector<std::string> parameters;  // of the path, in its order
        std::string allow;                    // "GET, HEAD, OPTIONS" when only the method does not fit
    };

    explicit Router(const std::vector<Route>& routes);

    // `path` is percent-decoded. HEAD finds what GET finds; OPTIONS finds no route, only `allow`. A literal
    // segment goes before a parameter, but not where the method does not fit.
    Match match(std::string_view method, std::string_view path) const;

private:
    struct Node {
        std::map<std::string, Node, std::less<>> literals;
        std::unique_ptr<Node> parameter;
        std::map<std::string, const Route*, std::less<>> methods;
    };

    static void find(const Node& node, const std::vector<std::string_view>& segments, size_t depth,
                     std::string_view method, std::vector<std::string>& parameters, Match& match,
                     std::vector<std::string>& allowed);

    Node root_;
};

}  // namespace boxoffice::api

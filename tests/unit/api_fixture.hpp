// Routes as api.registry() tells them, and what a request to one is refused with.
#pragma once

#include <optional>
#include <string>

#include "api/problem.hpp"
#include "api/registry.hpp"

namespace boxoffice::api {

// A registry of one route: `route` holds members of its row that are not the usual ones, `arguments` is the
// array of its function's.
inline std::shared_ptr<const Registry> registry_of(const std::string& method, const std::string& path,
                                                   const std::string& arguments,
                                                   const std::string& route = {}) {
    return read_registry(
        R"({"errors":[{"sqlstate":"BX400","code":"invalid_request","status":400,"title":"Invalid request","detail":"See field."},)"
        R"({"sqlstate":"BX503","code":"busy","status":503,"title":"Busy, try again","detail":"Try again."},)"
        R"({"sqlstate":"BX901","code":"seats_taken","status":409,"title":"Seats just taken",)"
        R"("detail":"Choose others.","title_zh":"座位刚被选走","detail_zh":"请另选座位。"}],)"
        R"("currencies":{"EUR":2},)"
        R"("routes":[{"method":")" +
        method + R"(","path":")" + path + "\"," + (route.empty() ? "" : route + ',') +
        R"("function":"api.f","answer":"json","status":200,"lane":"write",)"
        R"("call":{"callable":"endpoint.api_f","volatile":true,"description":"Does it. Well.","arguments":)" +
        arguments + "}}]}");
}

inline std::string argument(const std::string& name, const std::string& type,
                            const std::string& default_sql = {}) {
    return R"({"name":")" + name + R"(","type":")" + type + R"(","default":)" +
           (default_sql.empty() ? "null" : '"' + default_sql + '"') + '}';
}

// What `work` is refused with; nothing if it is not.
template <typename Work>
std::optional<Problem> refusal_of(Work work) {
    try {
        work();
    } catch (const Refusal& refusal) {
        return refusal.problem();
    }
    return {};
}

}  // namespace boxoffice::api

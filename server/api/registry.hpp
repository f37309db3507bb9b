// The routes, errors and currencies of one moment, as api.registry() tells them. Immutable; requests that began with one
// keep it alive while a newer one has taken its place.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.hpp"
#include "api/route.hpp"
#include "api/router.hpp"
#include "render/currencies.hpp"

namespace boxoffice::api {

class Registry {
public:
    Registry(std::vector<Route> routes, Errors errors, render::Currencies::Decimals currencies)
        : routes_(std::move(routes)),
          errors_(std::move(errors)),
          currencies_(std::move(currencies)),
          router_(routes_) {}
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    const std::vector<Route>& routes() const { return routes_; }
    const Errors& errors() const { return errors_; }
    const render::Currencies::Decimals& currencies() const { return currencies_; }
    const Router& router() const { return router_; }

private:
    const std::vector<Route> routes_;
    const Errors errors_;
    const render::Currencies::Decimals currencies_;
    const Router router_;  // points into routes_
};

inline constexpr const char* registry_sql = "select api.registry()";

// `json` is what api.registry() answered. Throws std::invalid_argument that names the route at fault.
std::shared_ptr<const Registry> read_registry(std::string_view json);

}  // namespace boxoffice::api

#include "render/currencies.hpp"

#include <stdexcept>

namespace boxoffice::render {

std::optional<int> Currencies::decimals(std::string_view currency) const {
    const auto known = decimals_.load();
    const auto found = known->find(currency);
    return found == known->end() ? std::nullopt : std::optional(found->second);
}

Currencies::Decimals read_currencies(const rapidjson::Value& object) {
    if (!object.IsObject()) {
        throw std::invalid_argument("the currencies are no JSON object");
    }
    Currencies::Decimals decimals;
    for (const auto& member : object.GetObject()) {
        if (!member.value.IsInt()) {
            throw std::invalid_argument(std::string(member.name.GetString()) + " has no number of decimals");
        }
        decimals.emplace(member.name.GetString(), member.value.GetInt());
    }
    return decimals;
}

}  // namespace boxoffice::render

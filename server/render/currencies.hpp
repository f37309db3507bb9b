// How many decimals each currency has, as the table catalog.currencies says. It is read from the database after the
// templates are, so it can be learned later, and again.
#pragma once

#include <rapidjson/document.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace boxoffice::render {

// Any thread may ask and learn.
class Currencies {
public:
    using Decimals = std::map<std::string, int, std::less<>>;

    Currencies() = default;
    explicit Currencies(Decimals decimals) { learn(std::move(decimals)); }

    // Takes the place of what was known.
    void learn(Decimals decimals) { decimals_ = std::make_shared<const Decimals>(std::move(decimals)); }

    // Digits after the point: EUR 2, JPY 0, KWD 3. Nothing for a currency that is not in the table.
    std::optional<int> decimals(std::string_view currency) const;

private:
    std::atomic<std::shared_ptr<const Decimals>> decimals_ = std::make_shared<const Decimals>();
};

// `object` is what catalog.currency_decimals() answered: {"EUR": 2, …}. Throws std::invalid_argument.
Currencies::Decimals read_currencies(const rapidjson::Value& object);

}  // namespace boxoffice::render

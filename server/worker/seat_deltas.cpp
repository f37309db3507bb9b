#include "worker/seat_deltas.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace boxoffice::worker {
namespace {

std::vector<std::string> names_of(const pqxx::field& json) {
    rapidjson::Document list;
    list.Parse(json.c_str(), json.size());
    std::vector<std::string> names;
    if (list.IsArray()) {
        for (const auto& name : list.GetArray()) {
            names.emplace_back(name.GetString(), name.GetStringLength());
        }
    }
    return names;
}

}  // namespace

std::vector<int> integers_of(std::string_view array) {
    if (array.size() < 2 || array.front() != '{' || array.back() != '}') {
        throw std::invalid_argument("not an array of integers");
    }
    std::vector<int> numbers;
    numbers.reserve(array.size() / 2);
    const char* const end = array.data() + array.size() - 1;
    for (const char* at = array.data() + 1; at != end;) {
        int number = 0;
        const auto [after, error] = std::from_chars(at, end, number);
        if (error != std::errc() || (after != end && (*after != ',' || after + 1 == end))) {
            throw std::invalid_argument("not an array of integers");
        }
        numbers.push_back(number);
        at = after == end ? end : after + 1;
    }
    return numbers;
}

SeatsNow seats_now(const pqxx::row& row) {
    return {row["version"].as<std::int64_t>(), row["states"].c_str(), integers_of(row["changes"].c_str())};
}

WatchedSeats::WatchedSeats(const pqxx::row& row)
    : WatchedSeats(row["first_version"].as<std::int64_t>(), integers_of(row["first_changes"].c_str()),
                   names_of(row["seats"])) {}

WatchedSeats::WatchedSeats(std::int64_t version, std::vector<int> changes, std::vector<std::string> seats)
    : version_(version), changes_(std::move(changes)), seats_(std::move(seats)) {
    changes_.resize(seats_.size(), -1);  // seats that were added since have changed
}

std::string WatchedSeats::delta(const SeatsNow& now) const {
    if (now.changes == changes_) {
        return {};
    }
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> json(text);
    json.StartObject();
    json.Key("type");
    json.String("seats");
    json.Key("version");
    json.Int64(now.version);
    json.Key("from");
    json.Int64(version_);
    json.Key("available");
    json.Int64(std::count(now.states.begin(), now.states.end(), 'a'));
    json.Key("changes");
    json.StartObject();
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        if (now.changes[i] != changes_[i]) {
            json.Key(seats_[i].c_str(), static_cast<rapidjson::SizeType>(seats_[i].size()));
            json.String(&now.states[i], 1);
        }
    }
    json.EndObject();
    json.EndObject();
    return {text.GetString(), text.GetSize()};
}

void WatchedSeats::published(SeatsNow&& now) {
    version_ = now.version;
    changes_ = std::move(now.changes);
}

}  // namespace boxoffice::worker

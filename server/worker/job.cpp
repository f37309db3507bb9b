#include "worker/job.hpp"

#include <algorithm>

#include "worker/json.hpp"

namespace boxoffice::worker {

Job::Job(const std::string& json) {
    row_.Parse(json.c_str(), json.size());
    const auto has = [this](const char* name, auto is) {
        const auto member = row_.FindMember(name);
        return member != row_.MemberEnd() && (member->value.*is)();
    };
    using rapidjson::Value;
    if (!row_.IsObject() || !has("kind", &Value::IsString) || !has("show_id", &Value::IsInt64) ||
        !has("outbox_id", &Value::IsString) || !has("created_at", &Value::IsInt64) ||
        !has("attempt_count", &Value::IsInt) || !has("payload", &Value::IsObject)) {
        // The payload is not for the log.
        throw JobError("not a row of the outbox: " + json.substr(0, json.find(", \"payload\"")));
    }
    kind_ = row_["kind"].GetString();
    show_id_ = std::to_string(row_["show_id"].GetInt64());
    outbox_id_ = row_["outbox_id"].GetString();
    created_at_ = row_["created_at"].GetInt64();
    attempt_count_ = row_["attempt_count"].GetInt();
}

std::string Job::payload() const {
    return to_json(row_["payload"]);
}

std::string Job::text(const char* member) const {
    const auto& payload = row_["payload"];
    const auto found = payload.FindMember(member);
    if (found != payload.MemberEnd() && found->value.IsString()) {
        return {found->value.GetString(), found->value.GetStringLength()};
    }
    if (found != payload.MemberEnd() && found->value.IsInt64()) {
        return std::to_string(found->value.GetInt64());
    }
    throw JobError(kind_ + ": the payload has no " + member);
}

std::string Job::text_if_any(const char* member) const {
    return has(member) ? text(member) : std::string();
}

bool Job::is_set(const char* member) const {
    const auto& payload = row_["payload"];
    const auto found = payload.FindMember(member);
    return found != payload.MemberEnd() && found->value.IsTrue();
}

rapidjson::Value::ConstArray Job::objects(const char* member) const {
    const auto& payload = row_["payload"];
    const auto found = payload.FindMember(member);
    const auto is_object = [](const auto& value) { return value.IsObject(); };
    if (found == payload.MemberEnd() || !found->value.IsArray() ||
        !std::ranges::all_of(found->value.GetArray(), is_object)) {
        throw JobError(kind_ + ": the payload has no list of objects " + member);
    }
    return found->value.GetArray();
}

}  // namespace boxoffice::worker

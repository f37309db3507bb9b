#include "worker/json.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace boxoffice::worker {

std::string text_in(const rapidjson::Value& object, std::initializer_list<const char*> path) {
    const rapidjson::Value* value = &object;
    for (const char* member : path) {
        if (!value->IsObject() || !value->HasMember(member)) {
            return {};
        }
        value = &(*value)[member];
    }
    return value->IsString() ? std::string(value->GetString(), value->GetStringLength()) : std::string();
}

std::string to_json(const rapidjson::Value& object, std::initializer_list<const char*> members) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    writer.StartObject();
    for (const char* member : members) {
        if (object.IsObject() && object.HasMember(member)) {
            writer.Key(member);
            object[member].Accept(writer);
        }
    }
    writer.EndObject();
    return {text.GetString(), text.GetSize()};
}

std::string to_json(const rapidjson::Value& value) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    value.Accept(writer);
    return {text.GetString(), text.GetSize()};
}

}  // namespace boxoffice::worker

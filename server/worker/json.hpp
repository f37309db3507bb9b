// Reading and writing JSON values, for jobs and for what a provider answers.
#pragma once

#include <rapidjson/document.h>

#include <initializer_list>
#include <string>

namespace boxoffice::worker {

// A text somewhere in an object, such as {"error", "payment_intent", "status"}; empty if it is not there.
std::string text_in(const rapidjson::Value& object, std::initializer_list<const char*> path);

// These members of an object as a JSON object; those that it does not have are left out.
std::string to_json(const rapidjson::Value& object, std::initializer_list<const char*> members);

// The value as JSON.
std::string to_json(const rapidjson::Value& value);

}  // namespace boxoffice::worker

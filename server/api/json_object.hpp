// Reads a request's JSON body: one object, whose members are taken apart one level deep.
// Numbers stay the text that was sent, so that nothing is rounded. Not for answers of the database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::api {

struct JsonScalar {
    enum class Kind { null, boolean, number, string };

    Kind kind = Kind::null;
    std::string text;  // of a string what it says; of a number or boolean what stands there
};

struct JsonMember {
    enum class Kind { scalar, array, object };

    std::string name;
    Kind kind = Kind::scalar;
    JsonScalar scalar;
    std::vector<JsonScalar> elements;  // of an array
    bool is_nested = false;            // the array holds arrays or objects, which are not in `elements`
    std::string_view raw;              // the value as it stands in the body
};

// The members in their order. Throws Refusal (400 invalid_request, with the member's name as `field`
// where the fault lies in one, else "body") for what is not one JSON object (RFC 8259), UTF-8 that is broken, NUL in a string, a
// name that occurs twice in an object, numbers beyond double's range, and nesting deeper than 32. `raw`
// points into `body`.
std::vector<JsonMember> read_json_object(std::string_view body);

// True if `text` is any one JSON value, as strict as above but for names that occur twice.
bool is_json(std::string_view text);

}  // namespace boxoffice::api

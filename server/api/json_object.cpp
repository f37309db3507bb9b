#include "api/json_object.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <unordered_set>

#include "api/problem.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_depth = 32;
constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                           rapidjson::kParseNumbersAsStringsFlag;

// Takes RapidJSON's events. `depth` 1 is inside the body's object, 2 inside one of its members. RapidJSON's
// iterative reader tells the end of an object or array before it takes the bracket, all else after it.
class Collector {
public:
    Collector(std::string_view body, const rapidjson::MemoryStream& stream) : body_(body), stream_(stream) {}

    bool Null() { return scalar(JsonScalar::Kind::null, {}); }
    bool Bool(bool truth) { return scalar(JsonScalar::Kind::boolean, truth ? "true" : "false"); }
    bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
        return scalar(JsonScalar::Kind::number, {text, length});
    }
    bool String(const char* text, rapidjson::SizeType length, bool) {
        const std::string_view string(text, length);
        return without_nul(string) && scalar(JsonScalar::Kind::string, string);
    }
    // Never called: every number comes by RawNumber.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(int64_t) { return false; }
    bool Uint64(uint64_t) { return false; }
    bool Double(double) { return false; }

    bool StartObject() {
        names_.emplace_back();
        return open(JsonMember::Kind::object);
    }
    bool Key(const char* text, rapidjson::SizeType length, bool) {
        const std::string_view name(text, length);
        if (depth_ == 1) {
            members_.emplace_back();
            members_.back().name = name;
            value_begin_ = stream_.Tell();
        }
        if (!names_.back().emplace(name).second)
            return fail("This name occurs twice.");
        return without_nul(name);
    }
    bool EndObject(rapidjson::SizeType) {
        names_.pop_back();
        return close();
    }
    bool StartArray() { return depth_ == 0 ? fail(expected) : open(JsonMember::Kind::array); }
    bool EndArray(rapidjson::SizeType) { return close(); }

    std::vector<JsonMember>& members() { return members_; }
    const std::string& fault() const { return fault_; }
    // The member that is being read, "body" before the first one.
    std::string_view field() const { return members_.empty() ? "body" : std::string_view(members_.back().name); }

    static constexpr const char* expected = "The body must be a JSON object.";

private:
    bool fail(const char* why) {
        fault_ = why;
        return false;
    }

    bool without_nul(std::string_view text) {
        return text.find('\0') == std::string_view::npos ||
               fail("A text must not hold the character U+0000.");
    }

    bool scalar(JsonScalar::Kind kind, std::string_view text) {
        if (depth_ == 0)
            return fail(expected);
        JsonMember& member = members_.back();
        if (depth_ == 1) {
            member.scalar = {kind, std::string(text)};
            end_value(stream_.Tell());
        } else if (depth_ == 2 && member.kind == JsonMember::Kind::array) {
            member.elements.push_back({kind, std::string(text)});
        }
        return true;
    }

    bool open(JsonMember::Kind kind) {
        if (depth_ == max_depth)
            return fail("The body is nested too deeply.");
        if (depth_ == 1)
            members_.back().kind = kind;
        if (depth_ >= 2)
            members_.back().is_nested = true;
        ++depth_;
        return true;
    }

    bool close() {
        if (--depth_ == 1)
            end_value(stream_.Tell() + 1);
        return true;
    }

    // The value stands after the colon that follows its name.
    void end_value(size_t end) {
        const auto begin = body_.find_first_not_of(" \t\r\n", body_.find(':', value_begin_) + 1);
        members_.back().raw = body_.substr(begin, end - begin);
    }

    const std::string_view body_;
    const rapidjson::MemoryStream& stream_;
    std::vector<JsonMember> members_;
    std::vector<std::unordered_set<std::string>> names_;  // of each object that is open
    size_t depth_ = 0;
    size_t value_begin_ = 0;  // just behind the name of the member that is being read
    std::string fault_;
};

}  // namespace

std::vector<JsonMember> read_json_object(std::string_view body) {
    // RapidJSON takes a NUL for the end.
    if (body.find('\0') != std::string_view::npos)
        throw Refusal(invalid_request("body", "The body holds a NUL byte."));

    rapidjson::MemoryStream stream(body.data(), body.size());
    Collector collector(body, stream);
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<flags>(stream, collector);
    if (result)
        return std::move(collector.members());
    if (result.Code() == rapidjson::kParseErrorTermination)
        throw Refusal(invalid_request(collector.field(), collector.fault()));
    if (result.Code() == rapidjson::kParseErrorNumberTooBig)
        throw Refusal(invalid_request(collector.field(), "The number is too big."));
    throw Refusal(invalid_request(
        "body", "The body is not valid JSON: " + std::string(rapidjson::GetParseError_En(result.Code())) +
                " (at byte " + std::to_string(result.Offset()) + ")"));
}

bool is_json(std::string_view text) {
    struct NoNul : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, NoNul> {
        size_t depth = 0;
        bool String(const char* string, rapidjson::SizeType length, bool) {
            return std::string_view(string, length).find('\0') == std::string_view::npos;
        }
        bool Key(const char* name, rapidjson::SizeType length, bool copy) {
            return String(name, length, copy);
        }
        bool StartObject() { return ++depth <= max_depth; }
        bool EndObject(rapidjson::SizeType) { return depth-- > 0; }
        bool StartArray() { return ++depth <= max_depth; }
        bool EndArray(rapidjson::SizeType) { return depth-- > 0; }
    } handler;
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader reader;
    return text.find('\0') == std::string_view::npos && !reader.Parse<flags>(stream, handler).IsError();
}

}  // namespace boxoffice::api

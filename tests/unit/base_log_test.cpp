// The form of a log line.
#include <doctest/doctest.h>

#include <rapidjson/document.h>

#include <cmath>
#include <string>

#include "base/log.hpp"

namespace boxoffice {

TEST_CASE("a log line is one JSON object with time, level, event and the fields in their types") {
    const std::string line = log::format(log::Level::warning, "request",
                                         {{"path", "/a\"b\\c\n\x01"},
                                          {"status", 200},
                                          {"big", std::size_t{1} << 40},
                                          {"ms", 1.5},
                                          {"odd", std::nan("")},
                                          {"ok", true}});
    CHECK(line.find('\n') == std::string::npos);
    rapidjson::Document json;
    json.Parse(line.c_str());
    REQUIRE(json.IsObject());
    CHECK(std::string(json["time"].GetString()).size() == 24);
    CHECK(json["time"].GetString()[23] == 'Z');
    CHECK(std::string(json["level"].GetString()) == "warning");
    CHECK(std::string(json["event"].GetString()) == "request");
    CHECK(std::string(json["path"].GetString()) == "/a\"b\\c\n\x01");
    CHECK(json["status"].GetInt() == 200);
    CHECK(json["big"].GetInt64() == std::int64_t{1} << 40);
    CHECK(json["ms"].GetDouble() == 1.5);
    CHECK(json["odd"].IsNull());
    CHECK(json["ok"].GetBool());
}

TEST_CASE("bytes that are not UTF-8 cannot spoil a log line") {
    const std::string line = log::format(log::Level::info, "x", {{"text", "K\xf6ln"}, {"good", "Köln"}});
    CHECK(line.find("\"text\":\"K\xef\xbf\xbdln\"") != std::string::npos);
    CHECK(line.find("\"good\":\"Köln\"") != std::string::npos);
}

TEST_CASE("log levels have names") {
    CHECK(log::level_named("debug") == log::Level::debug);
    CHECK(log::level_named("off") == log::Level::off);
    CHECK_FALSE(log::level_named("verbose"));
}

}  // namespace boxoffice

#include "db/conninfo.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

#include "base/settings.hpp"

namespace boxoffice::db {
namespace {

using Keywords = std::vector<std::pair<std::string, std::string>>;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

struct FreeMemory {
    void operator()(char* memory) const { PQfreemem(memory); }
};

std::string one_line(std::string text) {
    while (text.ends_with('\n')) {
        text.pop_back();
    }
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

Keywords parse(std::string_view url) {
    char* error = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(
        PQconninfoParse(std::string(url).c_str(), &error));
    const std::unique_ptr<char, FreeMemory> message(error);
    if (!options) {
        throw SettingsError("BOXOFFICE_DATABASE_URL or BOXOFFICE_REPLICA_URL: " +
                            one_line(message ? message.get() : "out of memory"));
    }
    Keywords keywords;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            keywords.emplace_back(option->keyword, option->val);
        }
    }
    return keywords;
}

std::string& value_of(Keywords& keywords, std::string_view keyword) {
    const auto found = std::find_if(keywords.begin(), keywords.end(),
                                    [keyword](const auto& pair) { return pair.first == keyword; });
    if (found != keywords.end()) {
        return found->second;
    }
    return keywords.emplace_back(keyword, "").second;
}

// In the keyword `options` a space separates, and a backslash protects the next character.
void add_server_setting(Keywords& keywords, std::string_view name, std::string_view value) {
    std::string& options = value_of(keywords, "options");
    options += (options.empty() ? "-c" : " -c") + std::string(name) + '=';
    for (const char byte : value) {
        if (byte == ' ' || byte == '\\') {
            options += '\\';
        }
        options += byte;
    }
}

std::string text_of(const Keywords& keywords) {
    std::string text;
    for (const auto& [keyword, value] : keywords) {
        text += (text.empty() ? "" : " ") + keyword + "='";
        for (const char byte : value) {
            if (byte == '\'' || byte == '\\') {
                text += '\\';
            }
            text += byte;
        }
        text += '\'';
    }
    return text;
}

// Unless the url says otherwise: a PostgreSQL that is gone without a word is noticed within half a minute,
// by those who wait for its answer too.
void add_timeouts(Keywords& keywords) {
    for (const auto& [keyword, value] : {std::pair("connect_timeout", "5"),
                                         {"keepalives_idle", "10"},
                                         {"keepalives_interval", "5"},
                                         {"keepalives_count", "3"},
                                         {"tcp_user_timeout", "25000"}}) {
        if (std::string& given = value_of(keywords, keyword); given.empty()) {
            given = value;
        }
    }
}

void add_common(Keywords& keywords, std::string_view application) {
    add_timeouts(keywords);
    value_of(keywords, "application_name") = application;
    value_of(keywords, "client_encoding") = "UTF8";
    add_server_setting(keywords, "DateStyle", "ISO");
    add_server_setting(keywords, "TimeZone", "UTC");
}

}  // namespace

std::string conninfo_as(std::string_view url, std::string_view role, std::string_view application) {
    Keywords keywords = parse(url);
    add_common(keywords, application);
    add_server_setting(keywords, "search_path", "pg_catalog,pg_temp");
    if (value_of(keywords, "user").empty()) {
        value_of(keywords, "user") = role;
    } else {
        add_server_setting(keywords, "role", role);
    }
    return text_of(keywords);
}

std::string conninfo_as_superuser(std::string_view url, std::string_view application) {
    Keywords keywords = parse(url);
    add_common(keywords, application);
    if (value_of(keywords, "user").empty()) {
        value_of(keywords, "user") = "postgres";
    }
    return text_of(keywords);
}

std::string conninfo_with(std::string_view conninfo, const ServerSettings& server_settings) {
    Keywords keywords = parse(conninfo);
    for (const auto& [name, value] : server_settings) {
        add_server_setting(keywords, name, value);
    }
    return text_of(keywords);
}

std::string conninfo_keeping_plans(std::string_view conninfo) {
    return conninfo_with(conninfo, {{"plan_cache_mode", "force_generic_plan"}, {"enable_seqscan", "off"}});
}

}  // namespace boxoffice::db

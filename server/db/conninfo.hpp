// Turns a database URL of the settings into the connection string of one role.
// The only place that knows how a role is taken on.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boxoffice::db {

// `url` is a URL or a keyword/value string as libpq takes it. If it names no user, the connection is
// made as `role`; otherwise the named user takes the role on (`set role`). `application` is what
// pg_stat_activity shows. Every connection speaks UTF-8, ISO dates and UTC, and looks up unqualified
// names in pg_catalog only. Throws SettingsError when libpq cannot read the url.
std::string conninfo_as(std::string_view url, std::string_view role, std::string_view application);

// The same for the superuser who migrates: `postgres` if the url names nobody, no role, and the
// server's own search path.
std::string conninfo_as_superuser(std::string_view url, std::string_view application);

// PostgreSQL settings for the session, such as {"statement_timeout", "5s"}.
using ServerSettings = std::vector<std::pair<std::string_view, std::string>>;

// `conninfo` with these settings added to those it has.
std::string conninfo_with(std::string_view conninfo, const ServerSettings& server_settings);

// `conninfo` for sessions that live long and whose functions look up single rows: each plan is made once and kept,
// and none scans a table because that was still empty when the plan was made.
std::string conninfo_keeping_plans(std::string_view conninfo);

}  // namespace boxoffice::db

// The settings of every command, read once from the environment at start.
// Not for anything that may change while a process runs, and not for what the database knows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/log.hpp"

namespace boxoffice {

// A host and a port to listen on or to connect to.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    // "127.0.0.1:8081", or "[::1]:8081".
    std::string text() const;

    bool operator==(const Endpoint&) const = default;
};

// A setting that cannot be used. what() is one line that begins with the variable's name.
class SettingsError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// What each one means, its unit and its default stand where it is read: settings.cpp.
struct Settings {
    std::filesystem::path root;
    std::filesystem::path home;

    Endpoint listen;
    Endpoint server_listen;
    Endpoint sandbox_listen;
    std::vector<Endpoint> live_gateways;
    std::string public_url;
    std::string sandbox_url;

    std::string database_url;
    std::string replica_url;

    std::string smtp_url;
    std::string smtp_ca_file;
    std::string mail_from;

    std::string stripe_api_base;
    std::string stripe_secret_key;
    std::string stripe_webhook_secret;
    std::string live_secret;

    log::Level log_level = log::Level::info;
    std::filesystem::path fault_file;

    unsigned io_threads = 1;
    unsigned max_connections = 0;
    unsigned write_connections = 0;
    unsigned read_connections = 0;
    unsigned read_depth = 0;
    unsigned search_connections = 0;
    unsigned page_rate = 1;
    unsigned login_rate = 1;
    unsigned max_queue = 0;
    unsigned statement_timeout_ms = 0;
    unsigned password_threads = 0;
    unsigned worker_threads = 0;

    // The database that short and slow readers ask: the replica if there is one.
    const std::string& read_url() const { return replica_url.empty() ? database_url : replica_url; }
};

// Reads the environment. Throws SettingsError for the first variable that cannot be used.
Settings settings_from_environment();

}  // namespace boxoffice

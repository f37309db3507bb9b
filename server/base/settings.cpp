#include "base/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>

#include "base/encoding.hpp"

namespace boxoffice {
namespace {

// The variable's value; one that is empty counts as not set.
std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread starts
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

[[noreturn]] void refuse(const char* name, const std::string& value, const std::string& wanted) {
    std::string shown;
    for (const char byte : value) {
        shown += static_cast<unsigned char>(byte) < 0x20 ? '?' : byte;
    }
    throw SettingsError(std::string(name) + ": " + wanted + ", not '" + shown + "'");
}

bool has_space_or_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char byte) { return static_cast<unsigned char>(byte) <= ' ' || byte == 0x7f; });
}

std::optional<unsigned> whole_number(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || has_space_or_control(text)) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return std::nullopt;  // an IPv6 address without brackets
    }
    const auto port = whole_number(text.substr(colon + 1));
    if (host.empty() || !port || *port < 1 || *port > 65535) {
        return std::nullopt;
    }
    return Endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

Endpoint endpoint(const char* name, const char* otherwise) {
    const std::string text = variable(name).value_or(otherwise);
    const auto parsed = parse_endpoint(text);
    if (!parsed) {
        refuse(name, text, "must be HOST:PORT or [IPV6]:PORT");
    }
    return *parsed;
}

unsigned number(const char* name, unsigned otherwise, unsigned least, unsigned most) {
    const auto text = variable(name);
    if (!text) {
        return otherwise;
    }
    const auto parsed = whole_number(*text);
    if (!parsed || *parsed < least || *parsed > most) {
        refuse(name, *text,
               "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return *parsed;
}

// Addresses that are separated by spaces, at least one.
std::vector<Endpoint> endpoints(const char* name, const std::string& text) {
    std::vector<Endpoint> list;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        const auto parsed = parse_endpoint(word);
        if (!parsed) {
            refuse(name, text, "must be HOST:PORT or [IPV6]:PORT, or several with spaces between");
        }
        list.push_back(*parsed);
    }
    if (list.empty()) {
        refuse(name, text, "must be HOST:PORT, or several with spaces between");
    }
    return list;
}

// A URL with one of the schemes, without the slashes that it may end with.
std::string url(const char* name, std::string text, std::initializer_list<std::string_view> schemes) {
    const auto scheme = std::find_if(schemes.begin(), schemes.end(), [&text](std::string_view candidate) {
        return text.starts_with(candidate) && text.size() > candidate.size();
    });
    if (scheme == schemes.end() || has_space_or_control(text)) {
        std::string wanted;
        for (const auto candidate : schemes) {
            wanted += (wanted.empty() ? "" : " or ") + std::string(candidate) + "…";
        }
        refuse(name, text, "must be a URL " + wanted);
    }
    while (text.ends_with('/')) {
        text.pop_back();
    }
    return text;
}

// The value is not shown: it may hold a password.
std::string smtp_url(const char* name, std::string text) {
    while (text.ends_with('/')) {
        text.pop_back();
    }
    const bool is_url = text.starts_with("smtp://") || text.starts_with("smtps://");
    if (!is_url || has_space_or_control(text)) {
        throw SettingsError(std::string(name) + ": must be smtp://[USER:PASSWORD@]HOST[:PORT] or smtps://…");
    }
    return text;
}

std::string readable_file(const char* name, const std::string& text) {
    if (!std::ifstream(text).good() || std::filesystem::is_directory(text)) {
        refuse(name, text, "must be a file that can be read");
    }
    return text;
}

std::string database_url(const char* name, const std::string& text) {
    const bool is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
    if (!is_url && text.find('=') == std::string::npos) {
        // The value is not shown: what was meant as a URL may hold a password.
        throw SettingsError(std::string(name) + ": must be postgresql://… or keyword=value pairs");
    }
    return text;
}

std::filesystem::path directory(const char* name, const std::filesystem::path& otherwise) {
    const auto text = variable(name);
    std::filesystem::path path = std::filesystem::absolute(text ? std::filesystem::path(*text) : otherwise);
    std::error_code error;
    if (std::filesystem::exists(path, error) && !std::filesystem::is_directory(path, error)) {
        refuse(name, path.string(), "must be a directory");
    }
    path = path.lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

// The checkout that the running program was built in.
std::filesystem::path built_root() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::filesystem::current_path() : program.parent_path().parent_path();
}

std::string socket_url(const std::filesystem::path& home) {
    return "postgresql:///boxoffice?host=" + percent_encode((home / "run").string());
}

std::filesystem::path fault_file(const char* name) {
    const std::filesystem::path path = variable(name).value_or("");
    std::error_code error;
    if (!path.empty() && !(path.is_absolute() && std::filesystem::is_directory(path.parent_path(), error))) {
        refuse(name, path.string(), "must be the absolute path of a file in a directory that exists");
    }
    return path;
}

log::Level log_level(const char* name) {
    const std::string text = variable(name).value_or("info");
    const auto level = log::level_named(text);
    if (!level) {
        refuse(name, text, "must be debug, info, warning, error or off");
    }
    return *level;
}

std::string mail_from(const char* name) {
    std::string text = variable(name).value_or("Boxoffice <boxoffice@localhost>");
    const bool has_control = std::any_of(text.begin(), text.end(),
                                         [](char byte) { return static_cast<unsigned char>(byte) < ' '; });
    if (has_control || text.find('@') == std::string::npos) {
        refuse(name, text, "must be an address such as 'Boxoffice <tickets@example.com>'");
    }
    return text;
}

// The sandbox's secret, unless another provider is configured: then its own must be given.
std::string provider_secret(const char* name, bool is_sandbox, const char* of_sandbox) {
    const auto text = variable(name);
    if (!text && !is_sandbox) {
        throw SettingsError(std::string(name) + ": must be set when STRIPE_API_BASE is not the sandbox");
    }
    std::string secret = text.value_or(of_sandbox);
    if (has_space_or_control(secret)) {
        throw SettingsError(std::string(name) + ": must not hold spaces or control characters");
    }
    return secret;
}

void read_places(Settings& settings) {
    // Where migrations/, sql/ and templates/ are. Default: the parent of the program's directory.
    settings.root = directory("BOXOFFICE_ROOT", built_root());

    // What a run leaves behind: cluster, sockets, logs, mail. Default: var/ in the root.
    settings.home = directory("BOXOFFICE_HOME", settings.root / "var");

    // The gateway, HOST:PORT. Default: 127.0.0.1:8080.
    settings.listen = endpoint("BOXOFFICE_LISTEN", "127.0.0.1:8080");

    // The server itself, HOST:PORT, behind the gateway. Default: 127.0.0.1:8081.
    settings.server_listen = endpoint("BOXOFFICE_SERVER_LISTEN", "127.0.0.1:8081");

    // The payment sandbox, HOST:PORT. Default: 127.0.0.1:8082.
    settings.sandbox_listen = endpoint("BOXOFFICE_SANDBOX_LISTEN", "127.0.0.1:8082");

    // Where messages for listeners are published: the inner address, BOXOFFICE_LIVE_LISTEN, of this machine's gateway
    // and of every other one that serves the same database. Default: this machine's, 127.0.0.1:8083.
    settings.live_gateways =
        endpoints("BOXOFFICE_LIVE_GATEWAYS",
                  variable("BOXOFFICE_LIVE_GATEWAYS")
                      .value_or(variable("BOXOFFICE_LIVE_LISTEN").value_or("127.0.0.1:8083")));

    // What those gateways know the worker by; the script makes it once. Default: none, so that they refuse.
    settings.live_secret = variable("BOXOFFICE_LIVE_SECRET").value_or("");
    if (has_space_or_control(settings.live_secret)) {
        throw SettingsError("BOXOFFICE_LIVE_SECRET: must not hold spaces or control characters");
    }

    // How a browser reaches the gateway, for links in mails and at the provider. Default: http://LISTEN.
    settings.public_url = url("BOXOFFICE_PUBLIC_URL",
                              variable("BOXOFFICE_PUBLIC_URL").value_or("http://" + settings.listen.text()),
                              {"http://", "https://"});

    // How a browser reaches the sandbox's payment page. Default: http://SANDBOX_LISTEN.
    settings.sandbox_url =
        url("BOXOFFICE_SANDBOX_URL",
            variable("BOXOFFICE_SANDBOX_URL").value_or("http://" + settings.sandbox_listen.text()),
            {"http://", "https://"});

    // One of debug, info, warning, error, off. Default: info.
    settings.log_level = log_level("BOXOFFICE_LOG_LEVEL");

    // For tests only: a file through which they end processes at certain places (base/fault.hpp). Default: none.
    settings.fault_file = fault_file("BOXOFFICE_FAULT");
}

void read_database(Settings& settings) {
    // PostgreSQL 15 or newer with pg_cron, as libpq takes it. If it names no user, each process connects as
    // its own role; otherwise that user takes the role on. Default: the private cluster's socket.
    settings.database_url = database_url(
        "BOXOFFICE_DATABASE_URL", variable("BOXOFFICE_DATABASE_URL").value_or(socket_url(settings.home)));

    // A standby for reading what may be a moment old. Default: none.
    if (const auto replica = variable("BOXOFFICE_REPLICA_URL")) {
        settings.replica_url = database_url("BOXOFFICE_REPLICA_URL", *replica);
    }
}

void read_others(Settings& settings) {
    // Where mail goes: smtp://…, smtps://…. Default: none, mails are kept as files under HOME/mail.
    // A user and a password in it are percent-encoded.
    if (const auto smtp = variable("BOXOFFICE_SMTP_URL")) {
        settings.smtp_url = smtp_url("BOXOFFICE_SMTP_URL", *smtp);
    }

    // A PEM file of who vouches for the mail server's certificate. Default: those whom the machine trusts.
    if (const auto file = variable("BOXOFFICE_SMTP_CA_FILE")) {
        settings.smtp_ca_file = readable_file("BOXOFFICE_SMTP_CA_FILE", *file);
    }

    // The sender of mails. Default: Boxoffice <boxoffice@localhost>.
    settings.mail_from = mail_from("BOXOFFICE_MAIL_FROM");

    // The payment provider's API. Default: the sandbox.
    const std::string sandbox = "http://" + settings.sandbox_listen.text();
    settings.stripe_api_base =
        url("STRIPE_API_BASE", variable("STRIPE_API_BASE").value_or(sandbox), {"http://", "https://"});

    // Its secrets. Default: the sandbox's; they must be given for a provider that speaks TLS.
    const bool is_sandbox = settings.stripe_api_base.starts_with("http://");
    settings.stripe_secret_key = provider_secret("STRIPE_SECRET_KEY", is_sandbox, "sk_test_boxoffice");
    settings.stripe_webhook_secret = provider_secret("STRIPE_WEBHOOK_SECRET", is_sandbox, "whsec_boxoffice");
}

void read_sizes(Settings& settings) {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());

    // Threads that read and write HTTP. Default: a quarter of the cores, 1 to 4: the database needs the rest.
    settings.io_threads = number("BOXOFFICE_IO_THREADS", std::clamp(cores / 4, 1U, 4U), 1, 64);

    // HTTP connections that the server keeps open at once. Default: 10000.
    settings.max_connections = number("BOXOFFICE_MAX_CONNECTIONS", 10000, 1, 1000000);

    // Database connections for what changes something; each carries one call. Default: 8 a core, 16 to 64.
    settings.write_connections =
        number("BOXOFFICE_WRITE_CONNECTIONS", std::clamp(cores * 8, 16U, 64U), 1, 1000);

    // Database connections for short reads. Default: one a core, 2 to 16.
    settings.read_connections = number("BOXOFFICE_READ_CONNECTIONS", std::clamp(cores, 2U, 16U), 1, 1000);

    // Calls under way at once on each of those. Default: 16.
    settings.read_depth = number("BOXOFFICE_READ_DEPTH", 16, 1, 1024);

    // Database connections for searches, which may be slow; each carries one call. Default: one a core, 2
    // to 16.
    settings.search_connections = number("BOXOFFICE_SEARCH_CONNECTIONS", std::clamp(cores, 2U, 16U), 1, 1000);

    // Public pages and lists a second that an address may have made anew, with twice as many at once; copies that the gateway
    // has do not count. Default: 20.
    settings.page_rate = number("BOXOFFICE_PAGE_RATE", 20, 1, 100000);

    // What an address may ask of accounts each second: sign in or up, links by mail.
    settings.login_rate = number("BOXOFFICE_LOGIN_RATE", 1, 1, 100000);

    // Calls that wait in a lane before it answers 503 busy. Default: 2048.
    settings.max_queue = number("BOXOFFICE_MAX_QUEUE", 2048, 1, 1000000);

    // How long PostgreSQL may work on one call, milliseconds. Default: 5000.
    settings.statement_timeout_ms = number("BOXOFFICE_STATEMENT_TIMEOUT_MS", 5000, 100, 600000);

    // Passwords that are hashed at once: 15 ms and 19 MiB each. Default: half of the cores, at least 1.
    settings.password_threads = number("BOXOFFICE_PASSWORD_THREADS", std::max(1U, cores / 2), 1, 64);

    // Jobs that the worker does at once, each on a thread and a database connection of its own; they mostly
    // wait for others. Default: 8 a core, 8 to 32.
    settings.worker_threads = number("BOXOFFICE_WORKER_THREADS", std::clamp(cores * 8, 8U, 32U), 1, 256);
}

}  // namespace

std::string Endpoint::text() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Settings settings_from_environment() {
    Settings settings;
    read_places(settings);
    read_database(settings);
    read_others(settings);
    read_sizes(settings);
    return settings;
}

}  // namespace boxoffice

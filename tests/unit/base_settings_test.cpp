// Settings from the environment: defaults, what is refused, and how it is said.
#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/settings.hpp"

namespace boxoffice {
namespace {

// Sets one variable for the length of a scope.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* before = std::getenv(name)) {
            before_ = before;
        }
        setenv(name, value, 1);
    }
    ~Variable() {
        if (before_) {
            setenv(name_, before_->c_str(), 1);
        } else {
            unsetenv(name_);
        }
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
    std::optional<std::string> before_;
};

std::string refusal(const char* name, const char* value) {
    const Variable variable(name, value);
    try {
        settings_from_environment();
    } catch (const SettingsError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the file of a test's orders is given by its whole path, in a directory that exists") {
    CHECK(refusal("BOXOFFICE_FAULT", "orders").starts_with("BOXOFFICE_FAULT: must be the absolute path"));
    CHECK(refusal("BOXOFFICE_FAULT", "/nowhere/orders").starts_with("BOXOFFICE_FAULT: must be the absolute path"));
    CHECK(refusal("BOXOFFICE_FAULT", "/tmp/orders").empty());
}

TEST_CASE("without any variable the settings work together") {
    const Variable home("BOXOFFICE_HOME", "/srv/box office");
    const Variable database("BOXOFFICE_DATABASE_URL", "");
    const Variable listen("BOXOFFICE_LISTEN", "");
    const Variable sandbox("BOXOFFICE_SANDBOX_LISTEN", "");
    const Variable public_url("BOXOFFICE_PUBLIC_URL", "");
    const Variable stripe("STRIPE_API_BASE", "");
    const Variable key("STRIPE_SECRET_KEY", "");
    const Variable webhook("STRIPE_WEBHOOK_SECRET", "");
    const Variable replica("BOXOFFICE_REPLICA_URL", "");
    const Variable writers("BOXOFFICE_WRITE_CONNECTIONS", "");
    const Settings settings = settings_from_environment();
    CHECK(settings.listen == Endpoint{"127.0.0.1", 8080});
    CHECK(settings.sandbox_listen == Endpoint{"127.0.0.1", 8082});
    CHECK(settings.home == "/srv/box office");
    CHECK(settings.database_url == "postgresql:///boxoffice?host=%2Fsrv%2Fbox%20office%2Frun");
    CHECK(settings.read_url() == settings.database_url);
    CHECK(settings.public_url == "http://127.0.0.1:8080");
    CHECK(settings.stripe_api_base == "http://127.0.0.1:8082");
    CHECK(settings.stripe_secret_key == "sk_test_boxoffice");
    CHECK(settings.stripe_webhook_secret == "whsec_boxoffice");
    CHECK(settings.write_connections >= 16);
    CHECK(settings.io_threads >= 1);
}

TEST_CASE("what is derived from a setting follows it") {
    const Variable listen("BOXOFFICE_LISTEN", "[::1]:9000");
    const Variable sandbox("BOXOFFICE_SANDBOX_LISTEN", "localhost:9002");
    const Variable public_url("BOXOFFICE_PUBLIC_URL", "");
    const Variable stripe("STRIPE_API_BASE", "");
    const Variable replica("BOXOFFICE_REPLICA_URL", "host=standby");
    const Settings settings = settings_from_environment();
    CHECK(settings.listen == Endpoint{"::1", 9000});
    CHECK(settings.public_url == "http://[::1]:9000");
    CHECK(settings.stripe_api_base == "http://localhost:9002");
    CHECK(settings.read_url() == "host=standby");
}

TEST_CASE("URLs lose the slash at their end") {
    const Variable public_url("BOXOFFICE_PUBLIC_URL", "https://tickets.example.com/");
    CHECK(settings_from_environment().public_url == "https://tickets.example.com");
}

TEST_CASE("a bad setting is one line that begins with its name") {
    const std::vector<std::pair<const char*, const char*>> bad_settings = {
        {"BOXOFFICE_LISTEN", "8080"},
        {"BOXOFFICE_LISTEN", "127.0.0.1:"},
        {"BOXOFFICE_LISTEN", "127.0.0.1:0"},
        {"BOXOFFICE_LISTEN", "127.0.0.1:65536"},
        {"BOXOFFICE_LISTEN", "127.0.0.1:80x"},
        {"BOXOFFICE_LISTEN", ":8080"},
        {"BOXOFFICE_SERVER_LISTEN", "::1:8080"},
        {"BOXOFFICE_SANDBOX_LISTEN", "a b:80"},
        {"BOXOFFICE_HOME", "/dev/null"},
        {"BOXOFFICE_ROOT", "/dev/null"},
        {"BOXOFFICE_DATABASE_URL", "mysql"},
        {"BOXOFFICE_REPLICA_URL", "standby"},
        {"BOXOFFICE_PUBLIC_URL", "tickets.example.com"},
        {"BOXOFFICE_PUBLIC_URL", "http://two words"},
        {"BOXOFFICE_SMTP_URL", "http://mail"},
        {"BOXOFFICE_MAIL_FROM", "nobody"},
        {"BOXOFFICE_MAIL_FROM", "a@b\r\nBcc: c@d"},
        {"BOXOFFICE_LOG_LEVEL", "loud"},
        {"BOXOFFICE_IO_THREADS", "0"},
        {"BOXOFFICE_IO_THREADS", "-1"},
        {"BOXOFFICE_MAX_QUEUE", "many"},
        {"BOXOFFICE_STATEMENT_TIMEOUT_MS", "5s"},
        {"BOXOFFICE_STATEMENT_TIMEOUT_MS", "99"},
        {"STRIPE_API_BASE", "api.stripe.com"},
    };
    for (const auto& bad : bad_settings) {
        CAPTURE(bad.first);
        CAPTURE(bad.second);
        const std::string message = refusal(bad.first, bad.second);
        CHECK(message.starts_with(std::string(bad.first) + ": "));
        CHECK(message.find('\n') == std::string::npos);
    }
}

TEST_CASE("another provider than the sandbox needs its own secrets") {
    const Variable base("STRIPE_API_BASE", "https://api.stripe.com");
    CHECK(refusal("STRIPE_SECRET_KEY", "").starts_with("STRIPE_SECRET_KEY: must be set"));
    const Variable key("STRIPE_SECRET_KEY", "sk_live_1");
    CHECK(refusal("STRIPE_WEBHOOK_SECRET", "").starts_with("STRIPE_WEBHOOK_SECRET: must be set"));
}

TEST_CASE("a refused database URL or secret is not repeated in the message") {
    CHECK(refusal("BOXOFFICE_DATABASE_URL", "postgres:pass-word@host").find("pass-word") ==
          std::string::npos);
    CHECK(refusal("STRIPE_SECRET_KEY", "sk_live 1").find("sk_live") == std::string::npos);
}

TEST_CASE("messages for listeners go to this machine's gateway, or to all that are named") {
    const Variable unset("BOXOFFICE_LIVE_LISTEN", "");  // the suite's own instance has one
    CHECK(settings_from_environment().live_gateways == std::vector<Endpoint>{{"127.0.0.1", 8083}});
    const Variable own("BOXOFFICE_LIVE_LISTEN", "127.0.0.1:9000");
    CHECK(settings_from_environment().live_gateways == std::vector<Endpoint>{{"127.0.0.1", 9000}});
    const Variable all("BOXOFFICE_LIVE_GATEWAYS", "one:8083  [::1]:8084");
    CHECK(settings_from_environment().live_gateways == std::vector<Endpoint>{{"one", 8083}, {"::1", 8084}});
    for (const char* wrong : {"one:8083 two", " "}) {
        CAPTURE(wrong);
        CHECK(refusal("BOXOFFICE_LIVE_GATEWAYS", wrong).starts_with("BOXOFFICE_LIVE_GATEWAYS: "));
    }
}

}  // namespace boxoffice

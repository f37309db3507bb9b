// The one program: `boxoffice COMMAND`. Each command is declared in its own directory; the script
// `./boxoffice` is what a person runs.

#include <exception>
#include <iomanip>
#include <iostream>
#include <string_view>

#include "api/serve.hpp"
#include "base/crypto.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"
#include "base/encoding.hpp"
#include "base/settings.hpp"
#include "base/unicode.hpp"
#include "base/version.hpp"
#include "db/migrate.hpp"
#include "sandbox/sandbox.hpp"
#include "worker/worker.hpp"

namespace {

struct Command {
    std::string_view name;
    int (*run)(const boxoffice::Settings& settings);
    std::string_view what;
};

constexpr Command commands[] = {
    {"serve", boxoffice::run_serve, "answer HTTP"},
    {"worker", boxoffice::run_worker, "do what committed transactions promised: pay, capture, void"},
    {"sandbox", boxoffice::run_sandbox, "stand in for the payment provider"},
    {"migrate", boxoffice::run_migrate, "bring the database to the state of migrations/ and sql/"},
};

void print_usage(std::ostream& out) {
    out << "usage: boxoffice COMMAND\n\n";
    const auto line = [&out](std::string_view name, std::string_view what) {
        out << "  " << std::left << std::setw(10) << name << what << '\n';
    };
    for (const Command& command : commands) {
        line(command.name, command.what);
    }
    line("hash", "the Argon2id of the password on standard input, as the database keeps it");
    line("version", "print the version");
    line("help", "print this");
    out << "\nSettings come from the environment; README.md lists them.\n";
}

// A password has its length from NIST SP 800-63B, and ends with its line.
int hash() {
    std::string password;
    std::getline(std::cin, password);
    const std::size_t length = boxoffice::is_utf8(password) ? boxoffice::nfkc(password).size() : 0;
    if (length < 8 || length > 1000) {
        std::cerr << "boxoffice: a password has 8 to 1000 characters\n";
        return 2;
    }
    std::cout << boxoffice::hash_password(boxoffice::nfkc(password)) << '\n';
    return 0;
}

int run(const Command& command) {
    try {
        const boxoffice::Settings settings = boxoffice::settings_from_environment();
        boxoffice::log::set_level(settings.log_level);
        boxoffice::fault::obey(settings.fault_file);
        return command.run(settings);
    } catch (const boxoffice::SettingsError& error) {
        std::cerr << "boxoffice: " << error.what() << '\n';
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "boxoffice " << command.name << ": " << error.what() << '\n';
        return 1;
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view name = count == 2 ? arguments[1] : "";
    for (const Command& command : commands) {
        if (command.name == name) {
            return run(command);
        }
    }
    if (name == "hash") {
        return hash();
    }
    if (name == "version") {
        std::cout << "boxoffice " << boxoffice::version << '\n';
        return 0;
    }
    if (name == "help" || name == "--help" || name == "-h") {
        print_usage(std::cout);
        return 0;
    }
    print_usage(std::cerr);
    return 2;
}

#include "base/fault.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "base/log.hpp"

namespace boxoffice::fault {
namespace {

constexpr std::chrono::seconds longest_hold{10};

std::filesystem::path& orders_file() {
    static std::filesystem::path file;
    return file;
}

}  // namespace

void obey(const std::filesystem::path& orders) {
    orders_file() = orders;
}

void point(std::string_view step, std::string_view at) {
    const std::filesystem::path& file = orders_file();
    if (file.empty()) {
        return;
    }
    std::string place;
    std::string act;
    if (!(std::ifstream(file) >> place >> act) || place != std::string(step) + "." + std::string(at)) {
        return;
    }
    const std::filesystem::path taken = file.string() + ".taken";
    std::error_code error;
    std::filesystem::rename(file, taken, error);
    if (error) {  // another was faster
        return;
    }
    log::warning("fault", {{"at", place}, {"act", act}});
    if (act == "kill") {
        kill(getpid(), SIGKILL);
    }
    const auto end = std::chrono::steady_clock::now() + longest_hold;
    while (std::filesystem::exists(taken, error) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace boxoffice::fault

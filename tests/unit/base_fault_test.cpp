// The places where tests end processes: what an order does, and that it does so once.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "base/fault.hpp"
#include "base/log.hpp"

using namespace boxoffice;
namespace fs = std::filesystem;

namespace {

// A directory with an order in it, for as long as the test lasts.
class Orders {
public:
    explicit Orders(const std::string& order) {
        std::string name = fs::temp_directory_path() / "boxoffice-fault-XXXXXX";
        REQUIRE(mkdtemp(name.data()) != nullptr);
        directory_ = name;
        std::ofstream(file()) << order;
    }
    ~Orders() { fs::remove_all(directory_); }
    Orders(const Orders&) = delete;
    Orders& operator=(const Orders&) = delete;

    fs::path file() const { return directory_ / "orders"; }
    fs::path taken() const { return directory_ / "orders.taken"; }

private:
    fs::path directory_;
};

// How a child ends that listens to the orders and does this.
int end_of_child(const Orders& orders, const std::function<void()>& act) {
    const pid_t child = fork();
    if (child == 0) {
        log::set_level(log::Level::off);
        fault::obey(orders.file());
        act();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("an order to kill ends the process at its place and no other, once") {
    const Orders orders("capture.answered kill");
    CHECK(end_of_child(orders, [] {
              fault::point("capture", "claimed");
              fault::point("authorize", "answered");
          }) == 0);
    const int status = end_of_child(orders, [] { fault::point("capture", "answered"); });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(fs::exists(orders.taken()));
    CHECK(end_of_child(orders, [] { fault::point("capture", "answered"); }) == 0);
}

TEST_CASE("an order to hold keeps the process at its place until the test lets go") {
    const Orders orders("void.claimed hold");
    std::jthread release([&orders] {
        while (!fs::exists(orders.taken())) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        fs::remove(orders.taken());
    });
    const auto begin = std::chrono::steady_clock::now();
    CHECK(end_of_child(orders, [] { fault::point("void", "claimed"); }) == 0);
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(50));
}

TEST_CASE("without a file of orders nothing happens anywhere") {
    fault::point("capture", "answered");
}

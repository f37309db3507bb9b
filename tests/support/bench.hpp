// Comparing two ways of doing something on one machine in one run: A and B in turn, several times, and what each costs in CPU
// time. Medians of all; the ratio is that of neighbouring turns, so that a machine that is busy for a while does not sway
// it. How benchmarks are run and what their last line holds is said in tests/run/benchmarks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/load.hpp"

namespace boxoffice::test {

// One side's turn: how much was done, in how many seconds, and what it cost.
struct Turn {
    std::uint64_t count = 0;
    double seconds = 0;
    double cpu_seconds = 0;  // of the processes that did it; of the load's own nothing
};

struct Contest {
    std::string name;
    std::string unit;  // of a and b, as "holds/s"
    double least;      // of a / b
    std::function<Turn()> a;
    std::function<Turn()> b;
};

// Prints each turn to standard error and the result as the last line of standard output. Returns the exit status.
int compare(const Contest& contest);

// How long one turn lasts: BOXOFFICE_BENCH_SECONDS, default 2.
std::chrono::milliseconds turn_length();

// An environment variable that the instance's script sets. Throws std::runtime_error when it is not there.
std::string setting(const char* name);

// Process ids of parts of the instance, as "server", "postgres", "gateway".
std::vector<int> processes(const std::vector<std::string>& parts);

// What these processes, with all that they have started, have used of the CPU so far.
double cpu_seconds(const std::vector<int>& roots);

// Runs the load and takes what these processes, with all that they have started, use of the CPU meanwhile. Throws when an
// answer has another status than `expected`, but for one in a hundred.
Turn measure(const Load& load, int expected, const std::vector<int>& processes);

// The same for pgbench with this script, as the superuser, since no role may call what stands behind the endpoints; `variables` as "-D" takes them.
Turn measure_pgbench(const std::string& script, int clients, const std::vector<std::string>& variables);

// An nginx of its own, with nothing but one file at /file and a short access log, on any free port of this machine.
class FileServer {
public:
    explicit FileServer(const std::string& content);
    ~FileServer();
    FileServer(const FileServer&) = delete;
    FileServer& operator=(const FileServer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    int process() const { return process_; }

private:
    std::filesystem::path directory_;
    int port_ = 0;
    int process_ = -1;
};

}  // namespace boxoffice::test

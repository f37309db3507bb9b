#include "support/bench.hpp"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace boxoffice::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int turns = 7;
constexpr double most_server_mib = 64;

struct Process {
    int parent = 0;
    double cpu = 0;           // its own, seconds
    double children_cpu = 0;  // of its children that are gone
};

// All processes of the machine, as proc(5) describes /proc/PID/stat.
std::map<int, Process> all_processes() {
    static const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    std::map<int, Process> all;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        std::ifstream file(entry.path() / "stat");
        std::string line;
        std::getline(file, line);
        std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 2)));
        std::string skipped;
        Process process;
        double user = 0, system = 0, children_user = 0, children_system = 0;
        fields >> skipped >> process.parent;
        for (int field = 5; field < 14; ++field) {
            fields >> skipped;
        }
        if (fields >> user >> system >> children_user >> children_system) {
            process.cpu = (user + system) / ticks;
            process.children_cpu = (children_user + children_system) / ticks;
            all[std::stoi(name)] = process;
        }
    }
    return all;
}

// The most that the server has had resident, in MiB.
double server_mib() {
    std::ifstream file("/proc/" + std::to_string(processes({"server"}).front()) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stod(line.substr(6)) / 1024;
        }
    }
    throw std::runtime_error("the server is not there");
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

struct Side {
    const char* name;
    const std::function<Turn()>& take;
    std::vector<double> per_second = {};
    std::vector<double> cpu_ms = {};  // a request

    void take_turn() {
        const Turn turn = take();
        per_second.push_back(static_cast<double>(turn.count) / turn.seconds);
        cpu_ms.push_back(turn.cpu_seconds * 1000 / static_cast<double>(turn.count));
        std::fprintf(stderr, "%s  %10.0f /s  %8.4f ms of CPU each\n", name, per_second.back(), cpu_ms.back());
    }
};

std::string read_all(std::FILE* stream) {
    std::string text;
    char buffer[4096];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stream)) {
        text.append(buffer, count);
    }
    return text;
}

double number_after(const std::string& text, const std::string& mark) {
    const auto at = text.find(mark);
    if (at == std::string::npos) {
        throw std::runtime_error("pgbench says: " + text);
    }
    return std::stod(text.substr(at + mark.size()));
}

fs::path temporary_directory() {
    std::string name = fs::temp_directory_path() / "boxoffice-bench-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary directory can be made");
    }
    fs::permissions(name, fs::perms::all & ~(fs::perms::group_write | fs::perms::others_write));
    return name;
}

int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
}

}  // namespace

int compare(const Contest& contest) {
    try {
        Side a{"A", contest.a};
        Side b{"B", contest.b};
        for (int turn = 0; turn < turns; ++turn) {
            a.take_turn();
            b.take_turn();
        }
        std::vector<double> ratios;
        for (int turn = 0; turn < turns; ++turn) {
            ratios.push_back(a.per_second[static_cast<std::size_t>(turn)] / b.per_second[static_cast<std::size_t>(turn)]);
        }
        const double mib = server_mib();
        std::printf("{\"name\": \"%s\", \"unit\": \"%s\", \"a\": %.1f, \"b\": %.1f, \"ratio\": %.3f, \"least\": %.2f, "
                    "\"a_cpu_ms\": %.4f, \"b_cpu_ms\": %.4f, \"server_mib\": %.1f%s}\n",
                    contest.name.c_str(), contest.unit.c_str(), median(a.per_second), median(b.per_second),
                    median(ratios),
                    contest.least, median(a.cpu_ms), median(b.cpu_ms), mib,
                    mib < most_server_mib ? "" : ", \"fault\": \"the server had more than 64 MiB resident\"");
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}

std::chrono::milliseconds turn_length() {
    const char* seconds = std::getenv("BOXOFFICE_BENCH_SECONDS");
    return std::chrono::milliseconds(seconds == nullptr ? 2000 : static_cast<long>(1000 * std::atof(seconds)));
}

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) {
        throw std::runtime_error(std::string(name) + " is not set; run ./boxoffice bench");
    }
    return value;
}

std::vector<int> processes(const std::vector<std::string>& parts) {
    std::vector<int> ids;
    for (const std::string& part : parts) {
        std::ifstream file(setting("BOXOFFICE_HOME") + "/run/" + part + ".pid");
        int id = 0;
        if (!(file >> id)) {
            throw std::runtime_error("the part " + part + " does not run");
        }
        ids.push_back(id);
    }
    return ids;
}

double cpu_seconds(const std::vector<int>& roots) {
    const auto all = all_processes();
    double sum = 0;
    for (const auto& [id, process] : all) {
        for (int ancestor = id; ancestor > 1; ancestor = all.contains(ancestor) ? all.at(ancestor).parent : 0) {
            if (std::ranges::find(roots, ancestor) != roots.end()) {
                sum += process.cpu + process.children_cpu;
                break;
            }
        }
    }
    return sum;
}

Turn measure(const Load& load, int expected, const std::vector<int>& processes) {
    const double before = cpu_seconds(processes);
    Answers answers = run(load);
    const double cpu = cpu_seconds(processes) - before;
    if (answers.by_status[expected] * 100 < answers.total * 99) {
        throw std::runtime_error("too many answers of another kind: " + answers.text());
    }
    return {answers.by_status[expected], answers.seconds, cpu};
}

Turn measure_pgbench(const std::string& script, int clients, const std::vector<std::string>& variables) {
    const fs::path directory = temporary_directory();
    std::ofstream(directory / "script.sql") << script;
    std::string version;
    std::ifstream(setting("BOXOFFICE_HOME") + "/postgres/PG_VERSION") >> version;
    const std::string url = setting("BOXOFFICE_DATABASE_URL");
    std::string command = "/usr/lib/postgresql/" + version + "/bin/pgbench -n -M prepared -j 1 -c " + std::to_string(clients) +
                          " -T " + std::to_string(std::max<long>(1, turn_length() / 1s)) + " -f " +
                          (directory / "script.sql").string();
    for (const std::string& variable : variables) {
        command += " -D " + variable;
    }
    command += " '" + url + "' 2>&1";

    const auto postgres = processes({"postgres"});
    const double before = cpu_seconds(postgres);
    std::FILE* pipe = popen(command.c_str(), "r");
    const std::string text = read_all(pipe);
    const int status = pclose(pipe);
    const double cpu = cpu_seconds(postgres) - before;
    fs::remove_all(directory);
    if (status != 0) {
        throw std::runtime_error("pgbench says: " + text);
    }
    const double count = number_after(text, "number of transactions actually processed: ");
    return {static_cast<std::uint64_t>(count), count / number_after(text, "tps = "), cpu};
}

FileServer::FileServer(const std::string& content) : directory_(temporary_directory()), port_(free_port()) {
    std::ofstream(directory_ / "file", std::ios::binary) << content;
    std::ofstream(directory_ / "nginx.conf")
        << (getuid() == 0 ? "user www-data;\n" : "")
        << "pid nginx.pid;\nerror_log stderr;\nworker_processes auto;\nevents { worker_connections 1024; }\nhttp {\n"
           "log_format line escape=json '$time_iso8601 $remote_addr $request $status $body_bytes_sent';\n"
           "access_log access.log line buffer=64k flush=1s;\nsendfile on;\ntcp_nopush on;\nkeepalive_requests 1000000;\nopen_file_cache max=10;\n"
           "client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n"
           "server { listen 127.0.0.1:"
        << port_ << " reuseport; root .; location = /file { default_type application/octet-stream; } }\n}\n";
    const std::string prefix = directory_.string() + '/';
    process_ = fork();
    if (process_ == 0) {
        execl("/usr/sbin/nginx", "nginx", "-p", prefix.c_str(), "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;",
              nullptr);
        _exit(127);
    }
    for (int tries = 100; tries > 0; --tries) {
        try {
            fetch(url(), "/file");
            return;
        } catch (const std::exception&) {
            std::this_thread::sleep_for(50ms);
        }
    }
    throw std::runtime_error("the file server does not start");
}

FileServer::~FileServer() {
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
    fs::remove_all(directory_);
}

}  // namespace boxoffice::test

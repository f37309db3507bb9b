// A closed loop of HTTP/1.1 on this machine: so many keep-alive connections, each of which sends its next request as soon as
// the last one is answered. For rates, not for latencies: a server that hesitates is asked less often.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace boxoffice::test {

struct Load {
    std::string url;  // http://127.0.0.1:PORT
    int clients = 1;
    std::chrono::milliseconds duration{1000};

    // Appends request `number`, counted from 0 over all clients, whole as it goes out (head() begins it).
    std::function<void(std::uint64_t number, std::string& bytes)> request;
};

struct Answers {
    std::uint64_t total = 0;
    std::map<int, std::uint64_t> by_status;
    double seconds = 0;  // from the first request to the last answer

    double per_second() const { return static_cast<double>(total) / seconds; }
    // "201: 5000, 503: 3"
    std::string text() const;
};

// Throws std::runtime_error when a connection fails or an answer, unless it is a 204, has no Content-Length.
Answers run(const Load& load);

// A request's line and headers but for what belongs to the body, each line ended.
std::string head(const std::string& method, const std::string& target, const std::string& token = {});

// One GET, and the answer's body. Throws unless it is 200.
std::string fetch(const std::string& url, const std::string& target);

}  // namespace boxoffice::test

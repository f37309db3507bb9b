// A show's page, signed out, through the gateway, against nginx serving the same bytes from a file.
#include "support/bench.hpp"
#include "support/house.hpp"

using namespace boxoffice::test;

int main() {
    House house;
    const std::string path = "/shows/" + std::to_string(house.seated_show(20, 20));
    const std::string gateway = setting("BOXOFFICE_URL");
    const FileServer files(fetch(gateway, path));

    const auto get = [](const std::string& url, const std::string& target, const std::vector<int>& processes) {
        const std::string request = head("GET", target) + "\r\n";
        return measure({.url = url,
                        .clients = 32,
                        .duration = turn_length(),
                        .request = [&](auto, auto& bytes) { bytes += request; }},
                       200, processes);
    };
    return compare({.name = "page",
                    .unit = "pages/s",
                    .least = 0.7,
                    .a = [&] { return get(gateway, path, processes({"gateway", "server", "postgres"})); },
                    .b = [&] { return get(files.url(), "/file", {files.process()}); }});
}

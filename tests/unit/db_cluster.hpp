// A PostgreSQL cluster for the tests of server/db, which restart it and kill its backends.
// Made when first used, under the directory for temporary files; gone when the tests end.
#pragma once

#include <filesystem>
#include <string>

namespace boxoffice::db {

class Cluster {
public:
    // The one cluster of this process. Throws std::runtime_error when it cannot be made.
    static Cluster& instance();

    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    // A connection string for the superuser.
    std::string url(const std::string& database = "postgres") const;

    // The same without a user.
    std::string url_of_nobody(const std::string& database) const;

    void start() const;
    void stop() const;

private:
    Cluster();
    void control(const std::string& arguments) const;

    std::filesystem::path directory_;
};

}  // namespace boxoffice::db

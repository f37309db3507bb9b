// A root directory with migrations/ and sql/ for a test, removed when the test ends.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace boxoffice::db {

class Files {
public:
    Files() {
        std::string path = (std::filesystem::temp_directory_path() / "boxoffice-files-XXXXXX").string();
        if (mkdtemp(path.data()) == nullptr) {
            throw std::runtime_error("no directory for files");
        }
        root_ = path;
        std::filesystem::create_directories(root_ / "migrations");
        std::filesystem::create_directories(root_ / "sql");
        write("sql/install.sql", "");
    }
    ~Files() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    const std::filesystem::path& root() const { return root_; }

    void write(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path, std::ios::binary | std::ios::trunc) << text;
    }

    void remove(const std::string& path) const { std::filesystem::remove(root_ / path); }

private:
    std::filesystem::path root_;
};

}  // namespace boxoffice::db

#include "db/schema.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

#include "base/crypto.hpp"

namespace boxoffice::db {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Whether a line `-- superuser` stands in the comment that the file begins with.
bool wants_superuser(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && trim(line).starts_with("--");) {
        if (trim(trim(line).substr(2)) == "superuser") {
            return true;
        }
    }
    return false;
}

SqlFile read_file(const std::filesystem::path& root, const std::filesystem::path& path) {
    std::ifstream stream(root / path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream) {
        throw std::runtime_error(path.string() + ": cannot be read");
    }
    const bool is_superuser = wants_superuser(text);
    return {path.string(), std::move(text), is_superuser};
}

// The number that a migration's name begins with: four digits and an underscore.
int version_in(const std::string& name) {
    const bool is_numbered =
        name.size() > 5 && name[4] == '_' &&
        std::all_of(name.begin(), name.begin() + 4, [](char digit) { return digit >= '0' && digit <= '9'; });
    if (!is_numbered) {
        throw std::runtime_error("migrations/" + name + ": the name must be NNNN_what_it_does.sql");
    }
    return std::stoi(name.substr(0, 4));
}

[[noreturn]] void refuse(const std::string& place, const std::string& path, const char* why) {
    throw std::runtime_error(place + path + " " + why);
}

// The path of a line `\ir PATH`; empty for a comment or a blank line.
std::string included_path(std::string_view line, const std::string& place) {
    line = trim(line);
    if (line.empty() || line.starts_with("--")) {
        return {};
    }
    const std::string_view rest = trim(line.substr(std::min<std::size_t>(line.size(), 4)));
    const auto end = std::min(rest.find_first_of(blanks), rest.size());
    const std::string_view after = trim(rest.substr(end));
    if (!line.starts_with("\\ir ") || rest.empty() || !(after.empty() || after.starts_with("--"))) {
        throw std::runtime_error(place + "only comments and \\ir PATH may stand here");
    }
    return std::string(rest.substr(0, end));
}

}  // namespace

std::string SqlFile::checksum() const {
    return sha256_hex(text);
}

std::string version_text(int version) {
    const std::string digits = std::to_string(version);
    return std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits;
}

std::vector<Migration> read_migrations(const std::filesystem::path& root) {
    std::error_code error;
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(root / "migrations", error)) {
        if (entry.path().extension() == ".sql") {
            names.insert(entry.path().filename().string());
        }
    }
    if (error) {
        throw std::runtime_error((root / "migrations").string() + ": " + error.message());
    }
    std::vector<Migration> migrations;
    for (const std::string& name : names) {
        const int expected = static_cast<int>(migrations.size()) + 1;
        if (version_in(name) != expected) {
            throw std::runtime_error("migrations/" + name + ": number " + version_text(expected) +
                                     " is expected here");
        }
        migrations.push_back({expected, read_file(root, std::filesystem::path("migrations") / name)});
    }
    return migrations;
}

std::vector<SqlFile> read_sql(const std::filesystem::path& root) {
    const SqlFile contents = read_file(root, "sql/install.sql");
    std::vector<SqlFile> files;
    std::set<std::string> seen;
    std::istringstream lines(contents.text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::string place = contents.path + ":" + std::to_string(++number) + ": ";
        const std::string path = included_path(line, place);
        if (path.empty()) {
            continue;
        }
        if (!seen.insert(path).second) {
            refuse(place, path, "is listed twice");
        }
        if (!std::filesystem::is_regular_file(root / "sql" / path)) {
            refuse(place, path, "is not there");
        }
        files.push_back(read_file(root, std::filesystem::path("sql") / path));
    }
    return files;
}

std::string checksum_of(const std::vector<SqlFile>& files) {
    std::string list;
    for (const SqlFile& file : files) {
        list += file.path + ' ' + file.checksum() + '\n';
    }
    return sha256_hex(list);
}

Schema expected_schema(const std::filesystem::path& root) {
    const auto migrations = read_migrations(root);
    return {migrations.empty() ? 0 : migrations.back().version, checksum_of(read_sql(root))};
}

}  // namespace boxoffice::db

// What several files of this directory do with plain text.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace boxoffice::render {

// The content of a file. Throws TemplateError when it cannot be read or is not UTF-8.
std::string read_text(const std::filesystem::path& file);

// Without space, tabs and carriage returns at both ends.
std::string_view trimmed(std::string_view text);

// A-Z as a-z, all else as it is.
std::string lowered(std::string_view text);

// Cuts what stands before `separator` off the front of `rest`, and the separator with it.
std::string_view next_part(std::string_view& rest, char separator);

}  // namespace boxoffice::render

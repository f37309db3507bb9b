// Reading a directory's templates into ctemplate, once, at a start.
#pragma once

#include <ctemplate/template_cache.h>
#include <ctemplate/template_enums.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace boxoffice::render {

// Source by name, the file's without .tpl.
using Sources = std::map<std::string, std::string, std::less<>>;

// Every *.tpl of the directory, but not of those below it. Throws TemplateError.
Sources read_sources(const std::filesystem::path& directory);

// Puts one under its name into the cache. Throws TemplateError when its syntax or its escaping is at fault.
// No other thread may write to std::cerr meanwhile: it is how ctemplate tells what is wrong.
void load(const std::string& name, const std::string& source, ctemplate::Strip strip,
          ctemplate::TemplateCache& cache);

// Throws TemplateError: "NAME.tpl: WHAT".
[[noreturn]] void fail(std::string_view name, std::string_view what);

}  // namespace boxoffice::render

#include "render/template_files.hpp"

#include <algorithm>
#include <iostream>
#include <sstream>

#include "render/renderer.hpp"
#include "render/text.hpp"

namespace boxoffice::render {
namespace {

// ctemplate tells what is wrong with a template on std::cerr only.
class CapturedErrors {
public:
    CapturedErrors() : before_(std::cerr.rdbuf(text_.rdbuf())) {}
    ~CapturedErrors() { std::cerr.rdbuf(before_); }
    CapturedErrors(const CapturedErrors&) = delete;
    CapturedErrors& operator=(const CapturedErrors&) = delete;

    // As one line.
    std::string text() const {
        auto result = text_.str();
        while (result.ends_with('\n')) {
            result.pop_back();
        }
        std::ranges::replace(result, '\n', ' ');
        return result;
    }

private:
    std::ostringstream text_;
    std::streambuf* before_;
};

}  // namespace

Sources read_sources(const std::filesystem::path& directory) {
    std::error_code error;
    Sources sources;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".tpl") {
            sources.emplace(entry->path().stem().string(), read_text(entry->path()));
        }
    }
    if (error) {
        throw TemplateError(directory.string() + ": " + error.message());
    }
    return sources;
}

void load(const std::string& name, const std::string& source, ctemplate::Strip strip,
          ctemplate::TemplateCache& cache) {
    const CapturedErrors errors;
    const bool is_loaded = cache.StringToTemplateCache(name, source, strip);
    if (const auto text = errors.text(); !is_loaded || !text.empty()) {
        fail(name, text);
    }
}

void fail(std::string_view name, std::string_view what) {
    throw TemplateError(std::string(name) + ".tpl: " + std::string(what));
}

}  // namespace boxoffice::render

// A directory of templates for one test, and a Renderer of it.
#pragma once

#include <rapidjson/document.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "render/renderer.hpp"

// A directory that is removed again. It begins with a layout that holds nothing but the page, and empty
// messages.
class TemplateDirectory {
public:
    TemplateDirectory() {
        auto pattern = (std::filesystem::temp_directory_path() / "boxoffice-templates-XXXXXX").string();
        if (!mkdtemp(pattern.data())) {
            throw std::runtime_error("mkdtemp");
        }
        path_ = pattern;
        tpl("layout", "{{>BODY}}");
        file("messages.en.txt", "");
        file("messages.zh.txt", "");
    }
    ~TemplateDirectory() { std::filesystem::remove_all(path_); }
    TemplateDirectory(const TemplateDirectory&) = delete;
    TemplateDirectory& operator=(const TemplateDirectory&) = delete;

    void file(const std::string& name, std::string_view text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
    }

    // With the line that every template begins with.
    void tpl(const std::string& name, std::string_view text) const {
        file(name + ".tpl", "{{%AUTOESCAPE context=\"HTML\"}}" + std::string(text));
    }

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::shared_ptr<const boxoffice::render::Currencies> currencies() {
    return std::make_shared<const boxoffice::render::Currencies>(boxoffice::render::Currencies::Decimals{
        {"CNY", 2}, {"EUR", 2}, {"GBP", 2}, {"JPY", 0}, {"KWD", 3}, {"NOK", 2}, {"RSD", 2}, {"USD", 2}});
}

inline rapidjson::Document json(std::string_view text) {
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    if (document.HasParseError()) {
        throw std::runtime_error("not JSON: " + std::string(text));
    }
    return document;
}

// What the page {{…}} `text` makes of the model.
inline std::string rendered(std::string_view text, std::string_view model,
                            const boxoffice::render::PageContext& context = {}, std::string_view english = "",
                            std::string_view chinese = "", std::vector<std::string>* warnings = nullptr) {
    const TemplateDirectory directory;
    directory.tpl("t", text);
    directory.file("messages.en.txt", "title_t = T\n" + std::string(english));
    directory.file("messages.zh.txt", chinese);
    const boxoffice::render::Renderer renderer(directory.path(),
                                               {"https://tickets.example", "v1", false, currencies()},
                                               [&](std::string_view line) {
                                                   if (warnings) {
                                                       warnings->emplace_back(line);
                                                   }
                                               });
    return renderer.page("t", json(model), context);
}

#include "render/texts.hpp"

#include <algorithm>

namespace boxoffice::render {

namespace {

std::size_t index_of(std::string_view language) {
    const auto found = std::ranges::find(languages, language);
    return found == languages.end() ? 0 : static_cast<std::size_t>(found - languages.begin());
}

}  // namespace

std::string messages_file(std::string_view language) {
    return "messages." + std::string(language) + ".txt";
}

Texts::Texts(const std::filesystem::path& templates, const std::shared_ptr<const Currencies>& currencies)
    : formats_{Formats(languages[0], currencies), Formats(languages[1], currencies)} {
    for (std::size_t i = 0; i < languages.size(); ++i) {
        messages_[i] = read_messages(templates / messages_file(languages[i]));
    }
}

const Message* Texts::message(std::string_view language, std::string_view key) const {
    for (const auto* file : {&messages_[index_of(language)], &messages_[0]}) {
        if (const auto found = file->find(key); found != file->end()) {
            return &found->second;
        }
    }
    return nullptr;
}

const Formats& Texts::formats(std::string_view language) const {
    return formats_[index_of(language)];
}

Words::Words(const Texts& texts, std::string_view language, const rapidjson::Value& model)
    : expansion_(std::make_shared<Expansion>(Expansion{
          Printer(texts.formats(language)),
          [&texts, language](std::string_view key) { return texts.message(language, key); },
          [](std::string_view) {},
          [](std::string_view) -> const char* { return nullptr; },
          {},
      })),
      dictionary_(*expansion_, model, {}, nullptr) {}

Words::Words(const Words& around, const rapidjson::Value& element)
    : expansion_(around.expansion_), dictionary_(*expansion_, element, {}, &around.dictionary_) {}

std::string Words::message(std::string_view key) const {
    std::string text;
    dictionary_.append_message(key, text);
    return text;
}

std::string Words::value(std::string_view path) const {
    std::string text;
    dictionary_.append_value(path, text);
    return text;
}

}  // namespace boxoffice::render

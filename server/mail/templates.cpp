#include "mail/templates.hpp"

#include <ctemplate/per_expand_data.h>
#include <ctemplate/template.h>

#include <stdexcept>

#include "render/renderer.hpp"
#include "render/template_files.hpp"
#include "render/template_source.hpp"

namespace boxoffice::mail {
namespace {

using rapidjson::Value;

constexpr std::string_view html_name = "mail.html";
constexpr std::string_view text_name = "mail.txt";

constexpr ctemplate::Strip strip_of(std::string_view name) {
    return name == html_name ? ctemplate::STRIP_BLANK_LINES : ctemplate::DO_NOT_STRIP;
}

// Sections that are not shown leave lines behind.
std::string without_blank_runs(std::string_view text) {
    std::string result;
    for (const char byte : text) {
        const bool is_third = byte == '\n' && (result.empty() || result.ends_with("\n\n"));
        if (!is_third) {
            result += byte;
        }
    }
    return result;
}

std::string member(const Value& model, const char* name) {
    const auto found = model.FindMember(name);
    return found != model.MemberEnd() && found->value.IsString() ? found->value.GetString() : std::string();
}

}  // namespace

struct Templates::State {
    State(const std::filesystem::path& directory, std::string its_public_url,
          const std::shared_ptr<const render::Currencies>& currencies,
          std::function<void(std::string_view)> its_missing)
        : public_url(std::move(its_public_url)), missing(std::move(its_missing)), texts(directory, currencies) {
        const render::Sources sources = render::read_sources(directory / "mail");
        for (const auto name : {html_name, text_name}) {
            const auto source = sources.find(name);
            if (source == sources.end()) {
                render::fail(name, "is missing in " + (directory / "mail").string());
            }
            if (name == html_name) {
                if (const auto faults = render::faults_of(source->second, render::Use::mail);
                    !faults.empty()) {
                    render::fail(name, faults.front());
                }
            }
            render::load(source->first, source->second, strip_of(name), cache);
        }
        cache.Freeze();
    }

    std::string expand(std::string_view name, const render::Dictionary& dictionary) const {
        std::string text;
        ctemplate::PerExpandData data;
        if (!cache.ExpandNoLoad(std::string(name), strip_of(name), &dictionary, &data, &text)) {
            throw std::runtime_error(std::string(name) + " did not expand");
        }
        return text;
    }

    std::string public_url;
    std::function<void(std::string_view)> missing;
    render::Texts texts;
    ctemplate::TemplateCache cache;
};

Templates::Templates(const std::filesystem::path& directory, std::string public_url,
                     const std::shared_ptr<const render::Currencies>& currencies,
                     std::function<void(std::string_view)> missing)
    : state_(std::make_unique<const State>(directory, std::move(public_url), currencies, std::move(missing))) {}

Templates::~Templates() = default;

const render::Texts& Templates::texts() const {
    return state_->texts;
}

const std::string& Templates::public_url() const {
    return state_->public_url;
}

Letter Templates::write(const Value& model) const {
    const std::string path = member(model, "path");
    if (!path.starts_with('/')) {
        throw std::runtime_error("the mail leads nowhere");
    }
    Letter letter;
    letter.language = member(model, "language") == "zh" ? "zh" : "en";
    const std::string url = state_->public_url + path;

    render::Expansion expansion{
        render::Printer(state_->texts.formats(letter.language)),
        [&](std::string_view key) { return state_->texts.message(letter.language, key); },
        state_->missing,
        [](std::string_view) -> const char* { return nullptr; },
        {},
    };
    rapidjson::MemoryPoolAllocator<> allocator;
    Value context(rapidjson::kObjectType);
    const auto add = [&](const char* name, const std::string& text) {
        context.AddMember(rapidjson::StringRef(name), Value(text.c_str(), allocator), allocator);
    };
    add("LANG", letter.language);
    add("URL", url);
    add("PUBLIC_URL", state_->public_url);
    const render::Dictionary outer(expansion, context, {}, nullptr);
    const render::Dictionary dictionary(expansion, model, {}, &outer);
    dictionary.append_message("mail_subject__mail", letter.subject);
    add("SUBJECT", letter.subject);

    letter.html = state_->expand(html_name, dictionary);
    letter.text = without_blank_runs(state_->expand(text_name, dictionary));
    return letter;
}

}  // namespace boxoffice::mail

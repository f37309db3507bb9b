#include "render/renderer.hpp"

#include <ctemplate/per_expand_data.h>
#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "render/dictionary.hpp"
#include "render/language.hpp"
#include "render/template_files.hpp"
#include "render/template_source.hpp"
#include "render/texts.hpp"

namespace boxoffice::render {

namespace {

constexpr std::string_view layout = "layout";
constexpr std::string_view body = "BODY";

// A message's key may hold what a person typed, so the list of those warned of must have an end.
constexpr std::size_t most_warnings = 100;

constexpr std::size_t usual_size = 32768;  // of a page, in bytes

// Lines that only hold a marker leave no blank line behind; all else stays as written.
constexpr auto strip = ctemplate::STRIP_BLANK_LINES;

bool is_page(std::string_view name) {
    return name != layout && !name.starts_with('_');
}

std::vector<std::string_view> includes_of(std::string_view source) {
    std::vector<std::string_view> result;
    for (const auto& marker : markers_of(source)) {
        if (marker.kind == Marker::Kind::include) {
            result.push_back(marker.name);
        }
    }
    return result;
}

// Follows the includes of `name`; `path` are the templates on the way to it.
void check_includes(const Sources& sources, const std::string& name, std::vector<std::string_view>& path) {
    if (std::ranges::find(path, name) != path.end()) {
        fail(path.back(), "includes " + name + ", which includes it in turn");
    }
    path.push_back(name);
    for (const auto include : includes_of(sources.find(name)->second)) {
        if (include == body && name == layout) {
            continue;
        }
        const auto included = sources.find(include);
        if (!include.starts_with('_') || included == sources.end()) {
            fail(name, "includes {{>" + std::string(include) + "}}, and there is no such partial");
        }
        check_includes(sources, included->first, path);
    }
    path.pop_back();
}

void check(const Sources& sources, const std::filesystem::path& directory) {
    if (!sources.contains(layout)) {
        fail(layout, "is missing in " + directory.string());
    }
    for (const auto& [name, source] : sources) {
        if (const auto faults = faults_of(source); !faults.empty()) {
            fail(name, faults.front());
        }
        std::vector<std::string_view> path;
        check_includes(sources, name, path);
    }
    if (std::ranges::count(includes_of(sources.find(layout)->second), body) != 1) {
        fail(layout, "must include {{>BODY}} once");
    }
}

}  // namespace

struct Renderer::State {
    State(const std::filesystem::path& templates, Site its_site, Warn its_warn)
        : site(std::move(its_site)), warn(std::move(its_warn)), texts(templates, site.currencies) {
        const auto sources = read_sources(templates);
        check(sources, templates);
        for (const auto& [name, source] : sources) {
            load(name, source, strip, cache);
            names.insert(name);
            if (is_page(name) && !texts.message(languages[0], "title_" + name)) {
                fail(name, messages_file(languages[0]) + " has no title_" + name);
            }
        }
        cache.Freeze();
    }

    void warn_once(std::string_view key) const {
        const std::lock_guard lock(mutex);
        if (warned.size() < most_warnings && warned.emplace(key).second) {
            warn("no language has the message " + std::string(key));
        }
    }

    Site site;
    Warn warn;
    Texts texts;
    ctemplate::TemplateCache cache;
    std::set<std::string, std::less<>> names;
    mutable std::mutex mutex;
    mutable std::set<std::string, std::less<>> warned;  // by mutex
};

namespace {

// The context of renderer.hpp as the value of a scope. Views into what it is made of.
class ContextValue {
public:
    ContextValue(const Site& site, const PageContext& context, const std::string& page)
        : page_member_("PAGE_" + page),
          english_(with_language(context.path, "en")),
          chinese_(with_language(context.path, "zh")) {
        const std::string_view language = context.language == "zh" ? "zh" : "en";
        add("PAGE", page);
        add(page_member_);
        add("LANG", language);
        add(language == "zh" ? "LANG_ZH" : "LANG_EN");
        add("LANG_EN_URL", english_);
        add("LANG_ZH_URL", chinese_);
        add("PATH", context.path);
        add("PUBLIC_URL", site.public_url);
        add("ASSETS", site.assets);
        if (site.takes_test_cards) {
            add("TEST_CARDS");
        }
        add("CSRF", context.csrf);
        if (context.user) {
            const auto& role = context.user->role;
            add("USER");
            add("USER_NAME", context.user->name);
            add("USER_EMAIL", context.user->email);
            add("USER_ROLE", role);
            if (role == "staff" || role == "admin") {
                add("STAFF");
            }
            if (role == "admin") {
                add("ADMIN");
            }
        }
    }

    void add(std::string_view name, std::string_view text) { add_value(name, string(text)); }
    void add(std::string_view section) { add_value(section, rapidjson::Value(true)); }

    const rapidjson::Value& value() const { return value_; }

private:
    static rapidjson::Value string(std::string_view text) {
        return rapidjson::Value(rapidjson::StringRef(text.empty() ? "" : text.data(), text.size()));
    }

    void add_value(std::string_view name, rapidjson::Value value) {
        value_.AddMember(string(name), value, allocator_);
    }

    std::string page_member_;
    std::string english_;
    std::string chinese_;
    rapidjson::MemoryPoolAllocator<> allocator_;
    rapidjson::Value value_{rapidjson::kObjectType};
};

}  // namespace

Renderer::Renderer(const std::filesystem::path& templates, Site site, Warn warn)
    : state_(std::make_unique<const State>(templates, std::move(site), std::move(warn))) {}

Renderer::~Renderer() = default;

bool Renderer::has_page(std::string_view name) const {
    return is_page(name) && state_->names.contains(name);
}

std::string Renderer::page(std::string_view name, const rapidjson::Value& model,
                           const PageContext& context) const {
    const auto& state = *state_;
    const auto page = state.names.find(name);
    if (page == state.names.end() || !is_page(name)) {
        throw std::out_of_range("no page " + std::string(name));
    }
    Expansion expansion{
        Printer(state.texts.formats(context.language)),
        [&](std::string_view key) { return state.texts.message(context.language, key); },
        [&](std::string_view key) { state.warn_once(key); },
        [&](std::string_view include) -> const char* {
            const auto found = include == body ? page : state.names.find(include);
            return found == state.names.end() ? nullptr : found->c_str();
        },
        {},
    };
    ContextValue context_value(state.site, context, *page);
    const Dictionary outer(expansion, context_value.value(), {}, nullptr);
    const Dictionary dictionary(expansion, model, {}, &outer);
    std::string title;
    dictionary.append_message("title_" + *page, title);
    context_value.add("TITLE", title);

    std::string html;
    html.reserve(usual_size);
    ctemplate::PerExpandData data;
    if (!state.cache.ExpandNoLoad(std::string(layout), strip, &dictionary, &data, &html)) {
        throw std::runtime_error("page " + *page + " did not expand");
    }
    return html;
}

}  // namespace boxoffice::render

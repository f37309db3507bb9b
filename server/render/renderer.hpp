// Pages: a ctemplate file and a JSON model become HTML. This is what the authors of templates/ and of page.*
// functions follow. Not here: which page answers which path (api.route), and HTTP.
//
// FILES
//   templates/layout.tpl   the frame of every page; holds {{>BODY}} once, where the page goes
//   templates/NAME.tpl     a page, named by api.route.template; NAME is made of a-z, 0-9 and _
//   templates/_NAME.tpl    a partial, included as {{>_NAME}} by the layout, pages and other partials. It sees
//                          what the place sees that includes it: {{#rows}}{{>_row}}{{/rows}}
//   templates/messages.LANGUAGE.txt   the texts of a language; messages.hpp has the format
//
// Every .tpl begins with {{%AUTOESCAPE context="HTML"}}. All are read once, when the server starts. Any fault
// stops the start by a TemplateError: in files, includes, syntax, escaping, and a page without a title.
//
// NAMES are looked up in the section around the place, then in the section around that, then in the model,
// then in the context (below). A member that is null is found, and prints nothing.
//   {{x}}         a string as it is; a number as JSON has it (1200, 51.5); true or false;
//                 money {"value": 2400, "currency": "EUR"} formatted: €24.00;
//                 any other object or array as compact JSON, for data-… attributes
//   {{x}}         if x is a time {"at": "2025-11-22T19:30:00Z", "local": "2025-11-22T20:30:00"}, the date and
//                 time there. Its parts print by names that begin with its name:
//                              en                       zh
//                     x        22 Nov 2025, 20:30       2025年11月22日 20:30
//                     x_date   22 Nov 2025              2025年11月22日
//                     x_time   20:30                    20:30
//                     x_day    Saturday, 22 November    11月22日 星期六
//                     x_iso    2025-11-22T19:30:00Z     the same
//                 So starts_at prints as {{starts_at}}, {{starts_at_date}} and so on. A time that is a plain
//                 string prints as that string.
//   {{#x}}…{{/x}} an array: once for each element. An object: once, looking into it. Anything else: once,
//                 unless it is empty: null, false, 0, "", [] or missing.
//                 Elements that are no objects print by the section's own name: {{#taken}}{{taken}}{{/taken}}
//   {{#x_separator}}, {{/x_separator}}
//                 directly inside {{#x}}: between its elements only
//   {{#no_x}}…{{/no_x}}
//                 shown when x is empty; looks into nothing
//   {{m_key}}     the message `key` in the page's language, else in English, else `key` itself. It is text:
//                 markup in it is escaped. Its placeholders see what this place sees.
//   {{m_key__x}}  the message `key_VALUE`, VALUE being what {{x}} prints: {{m_error__code}},
//                 {{m_booking_status__status}}. Without that one, the message `key`.
//
// CONTEXT, in capitals, in every page, layout and partial
//   {{TITLE}}     the message `title_NAME` of the page NAME, with placeholders from the model; must exist
//   {{PAGE}}      the page's name; {{#PAGE_NAME}} is shown by the page NAME only: {{#PAGE_show}}
//   {{LANG}}      en or zh, for <html lang>; {{#LANG_EN}} and {{#LANG_ZH}} are shown in that language only
//   {{LANG_EN_URL}} {{LANG_ZH_URL}}
//                 this page in that language
//   {{PATH}}      path and query as the browser asked: <a href="/login?next={{PATH:u}}">
//   {{PUBLIC_URL}} scheme and host that people see, without a slash at the end
//   {{ASSETS}}    the version of the static files: /static/app.css?v={{ASSETS:u}}
//   {{#TEST_CARDS}} the provider takes test cards, as it does with a test key
//   {{CSRF}}      for <input type="hidden" name="csrf" value="{{CSRF}}">; {{#NO_CSRF}} without a session
//   {{#USER}}     somebody is signed in: {{USER_NAME}}, {{USER_EMAIL}}, {{USER_ROLE}}; {{#NO_USER}} nobody is
//   {{#STAFF}}    signed in as staff or admin; {{#ADMIN}} as admin
//
// ESCAPING is by context: ctemplate follows the HTML, knows text, attributes and addresses, and turns
// addresses such as javascript: into #. What it would not guard is refused at the start:
//   - a variable behind the ? of an address needs :u, href="/search?q={{q:u}}"; elsewhere in one it has none
//   - attributes stand in double quotes; no variable in a tag's or an attribute's name
//   - nothing that a Content-Security-Policy refuses: no <style>, no <script> without src, no style=, on…=,
//     srcdoc= or javascript:
//   - no variable in formaction=, xlink:href=, nor in SVG's fill= and stroke=
//   - no :none. Nothing prints markup, not even messages
#pragma once

#include <rapidjson/document.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "render/currencies.hpp"

namespace boxoffice::render {

// A template or a message file is broken; what() says in one line which, where and why.
struct TemplateError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What is the same in every page of a running server.
struct Site {
    std::string public_url;  // "https://tickets.example"
    std::string assets;      // changes when a static file does
    bool takes_test_cards = false;
    std::shared_ptr<const Currencies> currencies = std::make_shared<const Currencies>();
};

struct SignedIn {
    std::string_view name;
    std::string_view email;
    std::string_view role;  // "customer", "staff" or "admin"
};

// What a page knows of the request beside its model. Views must live as long as the call of page().
struct PageContext {
    std::string_view language = "en";  // "en" or "zh", see language_of() in language.hpp
    std::string_view path = "/";       // path and query as asked, percent-encoded
    std::string_view csrf;             // empty without a session
    std::optional<SignedIn> user;
};

// Takes one line for the log; called from any thread.
using Warn = std::function<void(std::string_view)>;

// All templates and messages, checked when constructed and constant from then on: any thread may call page().
class Renderer {
public:
    // Reads every *.tpl and messages.*.txt of the directory. Throws TemplateError. `warn` hears of messages
    // that a page asked for and no language has, of each once, and of a hundred at most.
    Renderer(const std::filesystem::path& templates, Site site, Warn warn);
    ~Renderer();
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;

    // The page `name` in the layout, as UTF-8 HTML. The model is an object and is not copied.
    // Throws std::out_of_range when there is no such page (the routes are checked with has_page() at the
    // start).
    std::string page(std::string_view name, const rapidjson::Value& model, const PageContext& context) const;

    bool has_page(std::string_view name) const;

private:
    struct State;
    std::unique_ptr<const State> state_;
};

}  // namespace boxoffice::render

#include "sandbox/hosted_page.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <optional>
#include <variant>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "http/url.hpp"

namespace boxoffice::sandbox {
namespace {

constexpr std::string_view page_path = "/pay/";
constexpr std::string_view style_path = "/pay/style.css";

constexpr std::string_view style =
    R"(:root { color-scheme: light dark; --ink: #1c1e26; --paper: #fff; --line: #c9ccd6;
  --back: #f2f3f7; --act: #3d4fc4; --bad: #a3172a; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef5; --paper: #1b1d27; --line: #454a5e;
  --back: #11131a; --act: #8b9bff; --bad: #ff8d9b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 1rem; }
.sandbox { padding: .5rem 1rem; background: #ffd75e; color: #1c1e26; text-align: center; }
section { margin-top: 1rem; padding: 1.5rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: .75rem; }
h1 { margin: 0; font-size: 1.1rem; font-weight: 500; }
.amount { margin: .25rem 0 1.25rem; font-size: 2rem; font-weight: 700; }
.error { padding: .75rem 1rem; border: 2px solid var(--bad); border-radius: .5rem; color: var(--bad); }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
legend { padding: 0 0 .5rem; font-weight: 600; }
label { display: flex; gap: .75rem; align-items: center; min-height: 3rem; padding: .5rem .75rem;
  border: 1px solid var(--line); border-radius: .5rem; margin-bottom: .5rem; cursor: pointer; }
label:has(:checked) { border-color: var(--act); box-shadow: inset 0 0 0 1px var(--act); }
input { width: 1.25rem; height: 1.25rem; accent-color: var(--act); }
small { display: block; opacity: .8; }
button { width: 100%; min-height: 3rem; margin-top: .5rem; border: 2px solid var(--act);
  border-radius: .5rem; background: var(--act); color: var(--paper); font: inherit; font-weight: 600; cursor: pointer; }
button.second { background: none; color: var(--act); }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
a { color: var(--act); }
.back { display: inline-block; padding: .75rem 0; }
)";

struct Choice {
    std::string_view card;
    std::string_view name;
    std::string_view what;
};

constexpr std::array<Choice, 4> choices{{
    {"pm_card_visa", "Visa ending in 4242", "Pays"},
    {"pm_card_authenticationRequired", "Visa ending in 3155", "Asks you to authenticate first"},
    {"pm_card_chargeDeclined", "Visa ending in 0002", "Is declined"},
    {"pm_card_chargeDeclinedInsufficientFunds", "Visa ending in 9995", "Is declined: insufficient funds"},
}};

std::string escape(std::string_view text) {
    std::string html;
    for (const char byte : text) {
        switch (byte) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += byte;
        }
    }
    return html;
}

// What sandbox.show_checkout answers.
struct Checkout {
    std::string view;
    std::string amount;
    std::string description;
    std::string error;
    std::string success_url;
    std::string cancel_url;
};

Checkout parse_checkout(std::string_view json) {
    rapidjson::Document document;
    document.Parse(json.data(), json.size());
    const auto text = [&document](const char* name) -> std::string {
        const auto member = document.FindMember(name);
        return member != document.MemberEnd() && member->value.IsString() ? member->value.GetString() : "";
    };
    Checkout checkout{.view = text("view"),
                      .amount = {},
                      .description = text("description"),
                      .error = text("error"),
                      .success_url = text("success_url"),
                      .cancel_url = text("cancel_url")};
    if (document.HasMember("amount")) {
        checkout.amount = money(document["amount"].GetInt64(), text("currency"));
    }
    return checkout;
}

std::string layout(std::string_view title, const std::string& content) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<title>" +
           escape(title) +
           " – payment sandbox</title>\n"
           "<link rel=\"stylesheet\" href=\"" +
           std::string(style_path) +
           "\">\n</head>\n<body>\n"
           "<header class=\"sandbox\"><strong>Sandbox.</strong> This stands in for the payment "
           "provider: no real card is asked for and no money moves.</header>\n"
           "<main>\n<section>\n" +
           content + "</section>\n</main>\n</body>\n</html>\n";
}

std::string heading(const Checkout& checkout) {
    return "<h1>" + escape(checkout.description) + "</h1>\n<p class=\"amount\">" + escape(checkout.amount) +
           "</p>\n";
}

std::string way_back(const Checkout& checkout) {
    if (checkout.cancel_url.empty()) {
        return {};
    }
    return "<a class=\"back\" href=\"" + escape(checkout.cancel_url) + "\">Go back without paying</a>\n";
}

std::string choose_page(const Checkout& checkout) {
    std::string html = heading(checkout);
    if (!checkout.error.empty()) {
        html += "<p class=\"error\" role=\"alert\">" + escape(checkout.error) + "</p>\n";
    }
    html += "<form method=\"post\">\n<fieldset>\n<legend>Choose a test card</legend>\n";
    for (const Choice& choice : choices) {
        html += "<label><input type=\"radio\" name=\"card\" value=\"" + std::string(choice.card) + "\"" +
                (&choice == &choices.front() ? " checked" : "") + "> <span>" + std::string(choice.name) +
                "<small>" + std::string(choice.what) + "</small></span></label>\n";
    }
    html += "</fieldset>\n<button name=\"act\" value=\"pay\">Pay " + escape(checkout.amount) +
            "</button>\n</form>\n" + way_back(checkout);
    return layout("Pay " + checkout.amount, html);
}

std::string authenticate_page(const Checkout& checkout) {
    return layout("Authenticate", heading(checkout) +
                                      "<p>Your bank wants to know that it is you who pays.</p>\n"
                                      "<form method=\"post\">\n"
                                      "<button name=\"act\" value=\"approve\">It is me</button>\n"
                                      "<button class=\"second\" name=\"act\" value=\"refuse\">"
                                      "Fail the authentication</button>\n</form>\n");
}

http::Response html_response(int status, std::string html) {
    return {.status = status,
            .headers = {{"Content-Type", "text/html; charset=utf-8"},
                        {"Cache-Control", "no-store"},
                        {"Content-Security-Policy",
                         "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"},
                        {"Referrer-Policy", "no-referrer"},
                        {"X-Content-Type-Options", "nosniff"}},
            .body = std::move(html)};
}

http::Response redirect(std::string location) {
    return {.status = 303, .headers = {{"Location", std::move(location)}, {"Cache-Control", "no-store"}}};
}

http::Response notice(int status, std::string_view title, const std::string& more = {}) {
    return html_response(status, layout(title, "<h1>" + escape(title) + "</h1>\n" + more));
}

// The first value of that name in the form; empty if there is none.
std::string form_value(const std::vector<http::Field>& form, std::string_view name) {
    const auto found =
        std::find_if(form.begin(), form.end(), [name](const auto& field) { return field.name == name; });
    return found == form.end() ? std::string() : found->value;
}

}  // namespace

std::string money(long long minor, std::string_view currency) {
    // https://docs.stripe.com/currencies: zero-decimal, three-decimal
    constexpr std::array<std::string_view, 5> in_thousandths{"bhd", "jod", "kwd", "omr", "tnd"};
    constexpr std::array<std::string_view, 15> without_minor{"bif", "clp", "djf", "gnf", "jpy",
                                                             "kmf", "krw", "mga", "pyg", "rwf",
                                                             "vnd", "vuv", "xaf", "xof", "xpf"};
    std::string amount = std::to_string(minor);
    const auto is_in = [currency](const auto& list) {
        return std::find(list.begin(), list.end(), currency) != list.end();
    };
    const std::size_t decimals = is_in(without_minor) ? 0 : is_in(in_thousandths) ? 3 : 2;
    if (decimals > 0) {
        amount.insert(0, amount.size() <= decimals ? decimals + 1 - amount.size() : 0, '0');
        amount.insert(amount.size() - decimals, ".");
    }
    amount += ' ';
    for (const char letter : currency) {
        amount += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return amount;
}

http::Response page_response(std::string_view checkout_json) {
    const Checkout checkout = parse_checkout(checkout_json);
    if (checkout.view == "complete") {
        return redirect(checkout.success_url);
    }
    if (checkout.view == "choose") {
        return html_response(200, choose_page(checkout));
    }
    if (checkout.view == "authenticate") {
        return html_response(200, authenticate_page(checkout));
    }
    if (checkout.view == "expired") {
        return notice(410, "This payment page has expired", way_back(checkout));
    }
    return notice(404, "There is no such payment page");
}

void answer_page(const http::Request& request, const http::Responder& responder, db::Lanes& lanes) {
    static const auto show = std::make_shared<const std::string>("select sandbox.show_checkout($1)");
    static const auto act = std::make_shared<const std::string>("select sandbox.act_on_checkout($1, $2, $3)");

    if (request.path == style_path) {
        responder.send(
            {.headers = {{"Content-Type", "text/css; charset=utf-8"}, {"Cache-Control", "max-age=60"}},
             .body = std::string(style)});
        return;
    }
    const bool is_post = request.method == "POST";
    if (!is_post && request.method != "GET" && request.method != "HEAD") {
        responder.send(notice(405, "This page can be read and sent only"));
        return;
    }
    const std::string session = request.path.substr(page_path.size());
    db::Call call;
    call.sql = show;
    call.parameters = {session};
    if (is_post) {
        const auto form = http::parse_form(request.body);
        if (!form) {
            responder.send(notice(400, "That form cannot be read"));
            return;
        }
        fault::point("sandbox/pay", "asked");
        call.sql = act;
        call.parameters = {session, form_value(*form, "act"), form_value(*form, "card")};
    }
    call.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    call.done = [responder, is_post, path = request.path](db::Outcome&& outcome) {
        if (is_post) {
            fault::point("sandbox/pay", "answered");
        }
        if (const auto* failure = std::get_if<db::Failure>(&outcome)) {
            if (failure->sqlstate.starts_with("08") || failure->sqlstate.starts_with("57P")) {
                responder.send(notice(503, "The payment sandbox has lost its database: try again"));
                return;
            }
            log::error("sandbox_failure", {{"sqlstate", failure->sqlstate}, {"message", failure->message}});
            responder.send(notice(500, "The payment sandbox has a fault"));
            return;
        }
        http::Response response = page_response(std::get<db::Rows>(outcome).get(0, 0).value_or("{}"));
        // After a form the page is fetched anew, so that reloading it sends nothing again.
        responder.send(is_post && response.status == 200 ? redirect(path) : std::move(response));
    };
    if (!lanes.submit(std::move(call))) {
        responder.send(notice(503, "The payment sandbox is busy"));
    }
}

}  // namespace boxoffice::sandbox

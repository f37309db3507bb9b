#include "api/pages.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "api/answer.hpp"
#include "api/json_text.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"

namespace boxoffice::api {

namespace {

constexpr size_t max_pages_waiting = 256;

// The scheme and host of the provider's own page.
std::string payment_origin_of(const Settings& settings) {
    if (settings.stripe_api_base == "https://api.stripe.com")
        return "https://checkout.stripe.com";
    const std::string& url = settings.sandbox_url;
    return url.substr(0, url.find('/', url.find("://") + 3));
}

// Stripe's keys say what they are for: sk_test_…, rk_test_….
bool takes_test_cards(const Settings& settings) {
    return settings.stripe_secret_key.find("_test_") != std::string::npos;
}

std::vector<http::Header> headers_of_pages(const std::string& payment_origin) {
    return {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Content-Security-Policy",
         "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors "
         "'none'; "
         "form-action 'self' " +
             payment_origin},
        {"Referrer-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"},
    };
}

// Changes when a file under templates/static does.
std::string assets_version(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(directory))
        for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
            if (entry.is_regular_file())
                files.push_back(entry.path());
    std::ranges::sort(files);
    std::string digests;
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        digests += path.lexically_relative(directory).string() +
                   sha256_hex(std::string(std::istreambuf_iterator<char>(file), {}));
    }
    return sha256_hex(digests).substr(0, 12);
}

std::string_view text(const rapidjson::Value& object, const char* name) {
    const auto member = object.FindMember(name);
    if (member == object.MemberEnd() || !member->value.IsString())
        return {};
    return {member->value.GetString(), member->value.GetStringLength()};
}

// Where the form that was sent stands: the page at the same address that takes "error". With the field at fault, and with
// all that was typed that the page takes, so never a password. Nothing if there is no such page.
std::optional<std::string> form_of(const Exchange& exchange, const Problem& problem) {
    if (!exchange.route || exchange.route->method != "POST" || exchange.route->answer != Answer::redirect ||
        problem.code != "invalid_request")
        return {};
    rapidjson::Document members;
    members.Parse(("{" + problem.members + "}").c_str());
    const std::string_view field = members.HasParseError() ? std::string_view() : text(members, "field");
    const auto& routes = exchange.registry->routes();
    const auto page = std::ranges::find_if(routes, [&](const Route& route) {
        return route.method == "GET" && route.answer == Answer::page && route.path == exchange.route->path &&
               route.path.find('{') == std::string::npos && route.find_field("error");
    });
    if (field.empty() || page == routes.end())
        return {};

    std::string location = page->path + "?error=" + percent_encode(field);
    for (const Argument& argument : page->arguments) {
        const auto index = exchange.route->find_field(argument.field);
        if (!index || *index >= exchange.binding.values.size() || argument.field == "error" ||
            !page->find_field(argument.field))
            continue;
        if (const auto& value = exchange.binding.values[*index])
            location += '&' + argument.field + '=' + percent_encode(value->text);
    }
    return location;
}

void redirect(Exchange& exchange, std::string location) {
    http::Response response;
    response.status = 303;
    response.headers = {{"Location", std::move(location)}, {"Cache-Control", "no-store"}};
    exchange.finish(std::move(response));
}

}  // namespace

Pages::Pages(const Settings& settings, Database& database, std::shared_ptr<const render::Currencies> currencies)
    : database_(database),
      payment_origin_(payment_origin_of(settings)),
      headers_(headers_of_pages(payment_origin_)),
      signed_in_(std::make_shared<const std::string>("select account.signed_in($1::bytea)")),
      renderer_(settings.root / "templates",
                {settings.public_url, assets_version(settings.root / "templates" / "static"),
                 takes_test_cards(settings), std::move(currencies)},
                [](std::string_view what) {
                    log::warning("page", {{"what", what}});
                }),
      pool_(1, max_pages_waiting) {}

void Pages::check(const Registry& registry) const {
    for (const Route& route : registry.routes())
        if (route.answer == Answer::page && !renderer_.has_page(route.page))
            throw std::invalid_argument(route.method + ' ' + route.path + ": there is no template " +
                                        route.page);
}

void Pages::show(const ExchangePtr& exchange, int status, std::string name, std::string model,
                 std::optional<std::string> user) {
    const bool is_accepted = pool_.submit(
        [this, exchange, status, name = std::move(name), model = std::move(model), user = std::move(user)] {
            try {
                render(*exchange, status, name, model, user);
            } catch (const std::exception& error) {
                exchange->finish(to_response(internal_error("page_failed", name + ": " + error.what())));
            }
        });
    if (!is_accepted)
        exchange->finish(to_response(busy()));
}

void Pages::show_problem(const ExchangePtr& exchange, const Problem& problem) {
    if (problem.code == "not_signed_in")
        return redirect(*exchange, "/login?next=" + percent_encode(exchange->page_path()));
    if (auto form = form_of(*exchange, problem))
        return redirect(*exchange, *std::move(form));
    const std::string model =
        with_members(to_json(problem), "\"back\":" + json_string(exchange->page_path()));
    add_problem_headers(problem, exchange->extra_headers);
    const int status = problem.status;
    const auto hash = exchange->credential.from_browser() ? exchange->credential.hash() : std::nullopt;
    const bool is_known = hash && problem.status < 500 &&
                          database_.call(LaneName::read, signed_in_, {"\\x" + *hash}, true,
                                         [this, exchange, status, model](db::Outcome&& outcome) {
                                             std::optional<std::string> user;
                                             if (const auto* rows = std::get_if<db::Rows>(&outcome))
                                                 user = rows->get(0, 0);
                                             show(exchange, status, "error", model, user);
                                         });
    if (!is_known)
        show(exchange, status, "error", model, {});
}

void Pages::render(Exchange& exchange, int status, const std::string& name, const std::string& model,
                   const std::optional<std::string>& user) const {
    rapidjson::Document document;
    document.Parse(model.data(), model.size());
    if (document.HasParseError() || !document.IsObject())
        throw std::runtime_error("the model is no JSON object");

    render::PageContext context;
    context.language = exchange.language;
    const std::string path = exchange.page_path();
    context.path = path;
    const std::string csrf =
        exchange.credential.from_browser() ? csrf_token(exchange.credential.token) : std::string();
    context.csrf = csrf;
    rapidjson::Document account;
    if (user && !account.Parse(user->data(), user->size()).HasParseError() && account.IsObject())
        context.user = render::SignedIn{text(account, "name"), text(account, "email"), text(account, "role")};

    http::Response response;
    response.status = status;
    response.body = renderer_.page(name, document, context);
    if (exchange.route)
        add_caching(exchange, response);
    else
        response.headers.push_back({"Cache-Control", "no-store"});
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    exchange.finish(std::move(response));
}

}  // namespace boxoffice::api

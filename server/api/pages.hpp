// Answers for browsers: a page's model, or a problem, becomes HTML. Rendering has a thread of its own, so
// that a large page stands in front of nothing fast.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/database.hpp"
#include "api/exchange.hpp"
#include "api/pool.hpp"
#include "api/problem.hpp"
#include "base/settings.hpp"
#include "render/renderer.hpp"

namespace boxoffice::api {

class Pages {
public:
    // Reads the templates. Throws render::TemplateError.
    Pages(const Settings& settings, Database& database, std::shared_ptr<const render::Currencies> currencies);

    // Throws std::invalid_argument that names the route whose template does not exist.
    void check(const Registry& registry) const;

    // Finishes the exchange with the page `name`. `model` is a JSON object; `user` what account.signed_in
    // answered, nothing for nobody. Any thread.
    void show(const ExchangePtr& exchange, int status, std::string name, std::string model,
              std::optional<std::string> user);

    // Finishes the exchange with the problem: not_signed_in leads to the login page and back; what is wrong in a form leads
    // back to its page, which keeps what was typed, where that page takes "error"; all else is the
    // page `error` with the problem as its model, and "back", where the browser came from. Any thread.
    void show_problem(const ExchangePtr& exchange, const Problem& problem);

    // Where a redirect and a form may lead besides this site.
    const std::string& payment_origin() const { return payment_origin_; }

private:
    void render(Exchange& exchange, int status, const std::string& name, const std::string& model,
                const std::optional<std::string>& user) const;

    Database& database_;
    const std::string payment_origin_;
    const std::vector<http::Header> headers_;  // of every page
    const Statement signed_in_;
    const render::Renderer renderer_;
    Pool pool_;
};

}  // namespace boxoffice::api

// What a mail says: templates/mail/mail.html.tpl and mail.txt.tpl with the model of ops.compose_mail, in the
// language of its receiver. Names, messages and formats are those of render/renderer.hpp; the context is
//   {{LANG}}        en or zh
//   {{SUBJECT}}     the message mail_subject_NAME of the mail NAME, with placeholders from the model
//   {{URL}}         where the button leads: {{PUBLIC_URL}} and the model's path
//   {{PUBLIC_URL}}  scheme and host that people see, without a slash at the end
// The HTML may have style=, without a variable in it; the text has no AUTOESCAPE line, for nothing in it is
// markup.
#pragma once

#include <rapidjson/document.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "render/texts.hpp"

namespace boxoffice::mail {

struct Letter {
    std::string language;
    std::string subject;
    std::string text;  // without two blank lines on end
    std::string html;
};

// Read once, constant from then on: any thread may write.
class Templates {
public:
    // `directory` is templates/. `missing` hears of each message that is asked for and not there; any thread.
    // Throws render::TemplateError. No other thread may write to std::cerr meanwhile.
    Templates(const std::filesystem::path& directory, std::string public_url,
              const std::shared_ptr<const render::Currencies>& currencies,
              std::function<void(std::string_view key)> missing);
    ~Templates();

    // Throws std::runtime_error when the model has no path.
    Letter write(const rapidjson::Value& model) const;

    // The messages, for what is attached.
    const render::Texts& texts() const;
    const std::string& public_url() const;

private:
    struct State;
    std::unique_ptr<const State> state_;
};

}  // namespace boxoffice::mail

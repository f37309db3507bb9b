// The way of a mail: to a server by SMTP, or into a file.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/settings.hpp"
#include "mail/message.hpp"

namespace boxoffice::mail {

// It did not go out this time: no server, no answer, or one that says "later" (4yz), or "not you",
// be it who signs in or the sender.
class DeliveryError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// It never will: the server refused this receiver or text for good (5yz).
class DeliveryRefused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Writes `bytes` to `directory`/`name`, making the directory if need be. It is there whole or not at all,
// also after a crash; twice is as good as once. Only the owner may read it, for a mail may hold a key to an
// account. Throws DeliveryError.
void keep(const std::filesystem::path& directory, const std::string& name, std::string_view bytes);

// For one thread; keeps its connection to the server.
class Delivery {
public:
    // By settings.smtp_url, or into home/mail when there is none. TLS is required, and the server's
    // certificate is checked, when the URL is smtps:// or has a user, or when settings.smtp_ca_file names who
    // vouches for it. Otherwise TLS is used if the server offers it, and unchecked, as among mail servers:
    // RFC 7435.
    explicit Delivery(const Settings& settings);
    ~Delivery();

    // How long deliver() takes at most.
    std::chrono::seconds longest() const;

    // `name` is the file's, without its ending: one a mail. Throws MessageError, DeliveryError or
    // DeliveryRefused.
    //
    // By SMTP it returns when the server has taken the mail over, and leaves the connection open: whoever
    // notes that it was sent does so before QUIT. What happens between the server's last 250 and that note
    // cannot be made one: if this process dies there, or the 250 is lost on the way, the mail is sent once
    // more, with the same Message-ID.
    void deliver(const Message& message, const std::string& name);

private:
    class Smtp;

    std::filesystem::path directory_;
    std::unique_ptr<Smtp> smtp_;  // null: into files
};

}  // namespace boxoffice::mail

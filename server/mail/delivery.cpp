#include "mail/delivery.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

namespace boxoffice::mail {
namespace {

constexpr long connect_timeout_ms = 10'000;
constexpr std::chrono::seconds longest_to_server{60};
constexpr std::chrono::seconds longest_to_file{5};

// Answers that say who may send, not what of this mail: RFC 4954 section 6.
bool is_about_signing_in(long answer) {
    return answer == 530 || answer == 534 || answer == 535 || answer == 538;
}

class File {
public:
    File(const std::filesystem::path& path, int flags) : file_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
        check(file_ >= 0, path);
    }
    ~File() {
        if (file_ >= 0) {
            close(file_);
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    void write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t size = ::write(file_, bytes.data(), bytes.size());
            check(size > 0, "write");
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
    }
    void sync() const { check(fsync(file_) == 0, "fsync"); }

private:
    static void check(bool is_good, const std::filesystem::path& what) {
        if (!is_good) {
            throw DeliveryError(what.string() + ": " + std::generic_category().message(errno));
        }
    }

    int file_;
};

class RecipientList {
public:
    explicit RecipientList(const std::string& address) : list_(curl_slist_append(nullptr, address.c_str())) {
        if (!list_) {
            throw std::bad_alloc();
        }
    }
    const curl_slist* get() const { return list_.get(); }

private:
    struct Free {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    std::unique_ptr<curl_slist, Free> list_;
};

// What is still to be read of a mail.
struct Upload {
    std::string_view rest;
    bool is_read = false;  // whole, so that the server was told that it ends
};

std::size_t read(char* into, std::size_t, std::size_t size, void* from) {
    auto& upload = *static_cast<Upload*>(from);
    const std::size_t read = std::min(size, upload.rest.size());
    std::memcpy(into, upload.rest.data(), read);
    upload.rest.remove_prefix(read);
    upload.is_read = read == 0;
    return read;
}

// Notes that the server was told of a receiver, and so that it takes mail of this sender.
int watch(CURL*, curl_infotype type, char* data, std::size_t size, void* is_receiver_told) {
    if (type == CURLINFO_HEADER_OUT && std::string_view(data, size).starts_with("RCPT ")) {
        *static_cast<bool*>(is_receiver_told) = true;
    }
    return 0;
}

}  // namespace

void keep(const std::filesystem::path& directory, const std::string& name, std::string_view bytes) {
    std::error_code error;
    if (std::filesystem::create_directories(directory, error)) {
        std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    }
    // Two who write the same mail at once are of two processes.
    const auto unfinished = directory / (name + ".part" + std::to_string(getpid()));
    {
        const File file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
        file.write(bytes);
        file.sync();
    }
    std::filesystem::rename(unfinished, directory / name, error);
    if (error) {
        throw DeliveryError((directory / name).string() + ": " + error.message());
    }
    File(directory, O_RDONLY | O_DIRECTORY).sync();
}

class Delivery::Smtp {
public:
    explicit Smtp(const Settings& settings)
        : url_(settings.smtp_url), ca_file_(settings.smtp_ca_file), curl_(curl_easy_init()) {
        if (!curl_) {
            throw std::bad_alloc();
        }
        const bool has_user = url_.find('@') != std::string::npos;
        const bool is_strict = has_user || url_.starts_with("smtps://") || !ca_file_.empty();
        set(CURLOPT_URL, url_.c_str());
        set(CURLOPT_USE_SSL, static_cast<long>(is_strict ? CURLUSESSL_ALL : CURLUSESSL_TRY));
        set(CURLOPT_SSL_VERIFYPEER, is_strict ? 1L : 0L);
        set(CURLOPT_SSL_VERIFYHOST, is_strict ? 2L : 0L);
        if (!ca_file_.empty()) {
            set(CURLOPT_CAINFO, ca_file_.c_str());
        }
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
        set(CURLOPT_TIMEOUT_MS, std::chrono::milliseconds(longest_to_server).count());
        set(CURLOPT_ERRORBUFFER, error_);
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_READFUNCTION, read);
        set(CURLOPT_VERBOSE, 1L);  // to watch(), nothing is written
        set(CURLOPT_DEBUGFUNCTION, watch);
        set(CURLOPT_DEBUGDATA, &is_receiver_told_);
    }

    void send(const std::string& from, const std::string& to, std::string_view bytes) {
        const RecipientList recipients("<" + to + ">");
        const std::string sender = "<" + from + ">";
        Upload upload{bytes};
        set(CURLOPT_MAIL_FROM, sender.c_str());
        set(CURLOPT_MAIL_RCPT, recipients.get());
        set(CURLOPT_READDATA, &upload);

        is_receiver_told_ = false;
        error_[0] = '\0';
        const CURLcode code = curl_easy_perform(curl_.get());
        if (code == CURLE_OK) {
            return;
        }
        long answer = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer);
        const std::string why =
            "smtp: " + std::string(error_[0] != '\0' ? error_ : curl_easy_strerror(code)) +
            (answer > 0 ? ", the server's last answer was " + std::to_string(answer) : "");
        // RCPT and DATA that are refused are CURLE_SEND_ERROR, as MAIL is; a refused text is an answer after
        // all was read. Before that a 5yz is about the server, as in its greeting, or about the sender, which
        // is every mail's; and another day is another answer.
        const bool is_about_mail = (code == CURLE_SEND_ERROR && is_receiver_told_) || upload.is_read;
        if (answer / 100 == 5 && is_about_mail && !is_about_signing_in(answer)) {
            throw DeliveryRefused(why);
        }
        throw DeliveryError(why);
    }

private:
    template <typename Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(curl_.get(), option, value) != CURLE_OK) {
            throw std::bad_alloc();
        }
    }

    struct Free {
        void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    };

    const std::string url_;
    const std::string ca_file_;
    bool is_receiver_told_ = false;
    char error_[CURL_ERROR_SIZE] = "";
    std::unique_ptr<CURL, Free> curl_;
};

Delivery::Delivery(const Settings& settings)
    : directory_(settings.home / "mail"),
      smtp_(settings.smtp_url.empty() ? nullptr : std::make_unique<Smtp>(settings)) {}

Delivery::~Delivery() = default;

std::chrono::seconds Delivery::longest() const {
    return smtp_ ? longest_to_server : longest_to_file;
}

void Delivery::deliver(const Message& message, const std::string& name) {
    const std::string bytes = encode(message);
    if (smtp_) {
        smtp_->send(message.from.address, message.to.address, bytes);
    } else {
        keep(directory_, name + ".eml", bytes);
    }
}

}  // namespace boxoffice::mail

#include "api/awaiter.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace boxoffice::api {

namespace {

using namespace std::chrono_literals;

constexpr auto rhythm = 30ms;
constexpr auto patience = 10s;
constexpr int max_waiting = 1000;

std::string without_await(const std::string& answer) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseFullPrecisionFlag>(answer.data(), answer.size());
    document.RemoveMember("await");
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    document.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

bool Awaiter::is_due(const Exchange& exchange, const std::string& answer) {
    if (!exchange.route->await || answer.find("\"await\"") == std::string::npos)
        return false;
    rapidjson::Document document;
    document.Parse(answer.data(), answer.size());
    if (document.HasParseError() || !document.IsObject())
        return false;
    const auto member = document.FindMember("await");
    return member != document.MemberEnd() && member->value.IsTrue();
}

void Awaiter::wait(const ExchangePtr& exchange, const std::string& answer,
                   std::function<void(Verdict&&)> done) {
    const auto waiting = std::make_shared<Waiting>();
    waiting->exchange = exchange;
    waiting->parameters = exchange->await_parameters(answer);
    waiting->otherwise = without_await(answer);
    waiting->until = std::chrono::steady_clock::now() + patience;
    waiting->done = std::move(done);
    if (++count_ > max_waiting)
        return end(waiting, waiting->otherwise);
    timer_.after(rhythm, [this, waiting] { ask(waiting); });
}

void Awaiter::ask(const std::shared_ptr<Waiting>& waiting) {
    const bool is_accepted = database_.call(
        LaneName::read, waiting->exchange->route->await->statement, waiting->parameters, true,
        [this, waiting](db::Outcome&& outcome) {
            // The function has committed, so a database that is away now is no reason to say that it failed.
            if (auto* failure = std::get_if<db::Failure>(&outcome))
                return end(waiting, failure->sqlstate.starts_with("BX") ? Verdict(std::move(*failure))
                                                                        : Verdict(waiting->otherwise));
            const auto& rows = std::get<db::Rows>(outcome);
            const auto answer = rows.rows() > 0 ? rows.get(0, 0) : std::nullopt;
            if (answer)
                return end(waiting, std::string(*answer));
            if (std::chrono::steady_clock::now() >= waiting->until)
                return end(waiting, waiting->otherwise);
            timer_.after(rhythm, [this, waiting] { ask(waiting); });
        });
    if (!is_accepted)
        end(waiting, waiting->otherwise);
}

void Awaiter::end(const std::shared_ptr<Waiting>& waiting, Verdict&& verdict) {
    --count_;
    waiting->done(std::move(verdict));
}

}  // namespace boxoffice::api

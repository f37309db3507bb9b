#include "api/coalescer.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>

namespace boxoffice::api {

namespace {

constexpr int max_repeats = 3;
constexpr std::int64_t max_remember_ms = 1000;

std::string to_json(const auto& items) {
    std::string out = "[";
    size_t n = 0;
    for (const auto& item : items) {
        out += n++ == 0 ? "{\"n\":" : ",{\"n\":";
        out += std::to_string(n);
        if (!item.request.fields.empty()) {
            out += ',';
            out += item.request.fields;
        }
        out += '}';
    }
    return out + ']';
}

bool is_lost(const db::Failure& failure) {
    return failure.sqlstate.starts_with("08");
}

// Failures that say nothing about any one request: another try with fewer would meet them too.
bool is_of_the_database(const db::Failure& failure) {
    const std::string_view state = failure.sqlstate;
    return state.starts_with("53") || state.starts_with("57") || state.starts_with("40") ||
           state.starts_with("58") || state == "55P03";
}

// Takes "remember_ms" out of a JSON object and returns it; 0 if it is not there.
std::int64_t take_remember_ms(std::string& body) {
    if (body.find("\"remember_ms\"") == std::string::npos)
        return 0;
    rapidjson::Document document;
    document.Parse(body.data(), body.size());
    if (document.HasParseError() || !document.IsObject())
        return 0;
    const auto member = document.FindMember("remember_ms");
    if (member == document.MemberEnd())
        return 0;
    const std::int64_t value = member->value.IsInt64() ? member->value.GetInt64() : 0;
    document.RemoveMember(member);
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    document.Accept(writer);
    body.assign(buffer.GetString(), buffer.GetSize());
    return std::min(value, max_remember_ms);
}

}  // namespace

Coalescer::Coalescer(Limits limits, Send send, IsBusy is_busy, Sized sized)
    : limits_(limits), send_(std::move(send)), is_busy_(std::move(is_busy)), sized_(std::move(sized)) {}

bool Coalescer::add(const std::string& key, BatchRequest& request) {
    std::unique_lock lock(mutex_);
    if (const db::Failure* known = recall(key, request)) {
        ++stats_.answered_from_memory;
        db::Failure verdict = *known;
        lock.unlock();
        request.done(std::move(verdict));
        return true;
    }
    if (stats_.waiting >= limits_.waiting || waiting_bytes_ + request.fields.size() > limits_.waiting_bytes)
        return false;
    Queue& queue = queues_[key];
    if (queue.waiting.size() >= limits_.waiting_for_key)
        return false;
    ++stats_.waiting;
    waiting_bytes_ += request.fields.size();
    queue.waiting.push_back({std::move(request)});
    if (queue.under_way)
        return true;
    queue.under_way = true;
    lock.unlock();
    send_next(key);
    return true;
}

Coalescer::Stats Coalescer::stats() const {
    const std::lock_guard lock(mutex_);
    Stats stats = stats_;
    stats.keys = queues_.size();
    return stats;
}

// Called by whoever made the key's last batch end, and by the first request of a key.
void Coalescer::send_next(const std::string& key) {
    for (;;) {
        const auto batch = std::make_shared<Items>();
        {
            const std::lock_guard lock(mutex_);
            *batch = take(queues_.at(key));
            if (batch->empty()) {
                queues_.erase(key);
                return;
            }
            ++stats_.batches;
            stats_.requests += batch->size();
        }
        if (sized_)
            sized_(batch->size());
        const bool sent = send_(key, to_json(*batch), [this, key, batch](db::Outcome&& outcome) {
            finish(key, std::move(*batch), std::move(outcome));
        });
        if (sent)
            return;
        for (Item& item : *batch)
            item.request.done(told(item, {"53300", "the lane is full", {}, {}}));
    }
}

Coalescer::Items Coalescer::take(Queue& queue) {
    Items batch;
    size_t bytes = 0;
    while (!queue.waiting.empty() && batch.size() < limits_.batch_requests) {
        Item& item = queue.waiting.front();
        const size_t size = item.request.fields.size();
        if (!batch.empty() && (item.alone || bytes + size > limits_.batch_bytes))
            break;
        const bool alone = item.alone;
        bytes += size;
        batch.push_back(std::move(item));
        queue.waiting.pop_front();
        if (alone)
            break;
    }
    stats_.waiting -= batch.size();
    waiting_bytes_ -= bytes;
    return batch;
}

void Coalescer::finish(const std::string& key, Items batch, db::Outcome outcome) {
    std::vector<Answer> answers;
    Items again;
    if (const auto* rows = std::get_if<db::Rows>(&outcome))
        judge(key, batch, *rows, answers, again);
    else
        judge(batch, std::get<db::Failure>(outcome), answers, again);
    if (!again.empty()) {
        const std::lock_guard lock(mutex_);
        Items& waiting = queues_.at(key).waiting;
        stats_.waiting += again.size();
        stats_.repeated += again.size();
        for (auto item = again.rbegin(); item != again.rend(); ++item) {
            waiting_bytes_ += item->request.fields.size();
            waiting.push_front(std::move(*item));
        }
    }
    // The next batch first: the database works while the answers go out.
    send_next(key);
    for (Answer& answer : answers)
        answer.done(std::move(answer.verdict));
}

void Coalescer::judge(const std::string& key, Items& batch, const db::Rows& rows,
                      std::vector<Answer>& answers, Items& again) {
    std::vector<int> row_of(batch.size(), -1);
    for (int row = 0; row < rows.rows(); ++row) {
        const std::string_view text = rows.get(row, 0).value_or("");
        size_t n = 0;
        std::from_chars(text.data(), text.data() + text.size(), n);
        if (n >= 1 && n <= batch.size())
            row_of[n - 1] = row;
    }
    for (size_t i = 0; i < batch.size(); ++i) {
        Item& item = batch[i];
        const int row = row_of[i];
        if (row < 0) {
            answers.push_back({std::move(item.request.done),
                               db::Failure{"XX000", "the batch function gave no verdict", {}, {}}});
            continue;
        }
        const auto sqlstate = rows.get(row, 1);
        std::string body(rows.get(row, 3).value_or(""));
        if (!sqlstate) {
            answers.push_back({std::move(item.request.done), std::move(body)});
        } else if (is_busy_(*sqlstate) && item.repeats < max_repeats) {
            ++item.repeats;
            again.push_back(std::move(item));
        } else {
            db::Failure verdict{
                std::string(*sqlstate), std::string(rows.get(row, 2).value_or("")), std::move(body), {}};
            remember(key, item, verdict);
            answers.push_back({std::move(item.request.done), std::move(verdict)});
        }
    }
}

void Coalescer::judge(Items& batch, const db::Failure& failure, std::vector<Answer>& answers,
                      Items& again) const {
    const bool one_may_be_at_fault = batch.size() > 1 && !is_lost(failure) && !is_of_the_database(failure);
    for (Item& item : batch) {
        if (one_may_be_at_fault) {
            item.alone = true;
            again.push_back(std::move(item));
        } else if (is_lost(failure) && item.request.repeatable && item.repeats < max_repeats) {
            ++item.repeats;
            item.in_doubt = true;
            again.push_back(std::move(item));
        } else {
            db::Failure verdict = told(item, failure);
            answers.push_back({std::move(item.request.done), std::move(verdict)});
        }
    }
}

// What a failure means for one request: that nothing came of the last sending does not undo an earlier one.
db::Failure Coalescer::told(const Item& item, const db::Failure& failure) {
    if (!item.in_doubt || !is_of_the_database(failure))
        return failure;
    return {"08006", failure.message, failure.detail, failure.context};
}

void Coalescer::remember(const std::string& key, const Item& item, db::Failure& verdict) {
    const std::int64_t ms = take_remember_ms(verdict.detail);
    if (ms <= 0 || item.request.sameness.empty())
        return;
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (memories_.size() >= limits_.remembered)
        std::erase_if(memories_, [&](const auto& memory) { return memory.second.until <= now; });
    if (memories_.size() < limits_.remembered)
        memories_[key + '\n' + item.request.sameness] = {now + std::chrono::milliseconds(ms), verdict};
}

const db::Failure* Coalescer::recall(const std::string& key, const BatchRequest& request) {
    if (request.sameness.empty() || memories_.empty())
        return nullptr;
    const auto memory = memories_.find(key + '\n' + request.sameness);
    if (memory == memories_.end())
        return nullptr;
    if (memory->second.until > Clock::now())
        return &memory->second.verdict;
    memories_.erase(memory);
    return nullptr;
}

}  // namespace boxoffice::api

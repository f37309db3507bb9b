#include "render/calendar.hpp"

#include <libical/ical.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace boxoffice::render {

namespace {

struct FreeComponent {
    void operator()(icalcomponent* component) const { icalcomponent_free(component); }
};

// "2025-11-22T19:30:00Z" as a time of libical, in UTC.
icaltimetype time_of(const std::string& at) {
    const auto milliseconds = parse_rfc3339(at);
    if (!milliseconds) {
        throw std::runtime_error("a calendar takes no time such as '" + at + "'");
    }
    return icaltime_from_timet_with_zone(static_cast<time_t>(*milliseconds / 1000), 0,
                                         icaltimezone_get_utc_timezone());
}

void add(icalcomponent* component, icalproperty* property) {
    icalcomponent_add_property(component, property);
}

// "C-7, C-8"
std::string seats_of(const rapidjson::Value& model) {
    std::string seats;
    for (const auto& ticket : model["tickets"].GetArray()) {
        seats.append(seats.empty() ? "" : ", ").append(ticket["seat"].GetString());
    }
    return seats;
}

// The alarm two hours before the start: time enough to get there.
icalcomponent* alarm(const std::string& text) {
    auto* const component = icalcomponent_new_valarm();
    add(component, icalproperty_new_action(ICAL_ACTION_DISPLAY));
    add(component, icalproperty_new_description(text.c_str()));
    add(component, icalproperty_new_trigger(icaltriggertype_from_string("-PT2H")));
    return component;
}

}  // namespace

bool is_cancelled(const rapidjson::Value& model) {
    return model["is_cancelled"].IsTrue() || model["tickets"].Empty();
}

std::string ticket_calendar(const Texts& texts, const rapidjson::Value& model, std::string_view language,
                            std::string_view public_url) {
    if (!model.IsObject() || !model.HasMember("tickets") || !model["tickets"].IsArray()) {
        throw std::runtime_error("what is no booking has no calendar");
    }
    const Words words(texts, language, model);
    const auto in_language = [&](const std::string& path) {
        const std::string chinese = language == "zh" ? words.value(path + "_zh") : std::string();
        return chinese.empty() ? words.value(path) : chinese;
    };
    const std::string booking_id = words.value("booking_id");
    const std::string url = std::string(public_url) + "/bookings/" + booking_id;
    const std::string title = in_language("title");

    rapidjson::Document made(rapidjson::kObjectType);
    const auto give = [&](const char* name, const std::string& text) {
        made.AddMember(rapidjson::StringRef(name), rapidjson::Value(text.c_str(), made.GetAllocator()),
                       made.GetAllocator());
    };
    give("title", title);
    give("seat_list", seats_of(model));
    give("booking_url", url);
    const Words description(words, made);

    const bool is_cancelled = render::is_cancelled(model);

    const std::unique_ptr<icalcomponent, FreeComponent> calendar(icalcomponent_new_vcalendar());
    add(calendar.get(), icalproperty_new_version("2.0"));
    add(calendar.get(), icalproperty_new_prodid("-//Boxoffice//Tickets//EN"));
    add(calendar.get(), icalproperty_new_calscale("GREGORIAN"));
    add(calendar.get(), icalproperty_new_method(is_cancelled ? ICAL_METHOD_CANCEL : ICAL_METHOD_PUBLISH));

    auto* const event = icalcomponent_new_vevent();
    icalcomponent_add_component(calendar.get(), event);
    add(event, icalproperty_new_uid(booking_id.c_str()));
    add(event, icalproperty_new_dtstamp(time_of(words.value("stamped_at"))));
    add(event, icalproperty_new_sequence(model["sequence"].GetInt()));
    add(event, icalproperty_new_dtstart(time_of(words.value("starts_at_iso"))));
    add(event, icalproperty_new_dtend(time_of(words.value("ends_at_iso"))));
    add(event, icalproperty_new_summary(title.c_str()));
    add(event, icalproperty_new_location((in_language("venue_name") + ", " + words.value("address") + ", " +
                                          in_language("city_name"))
                                             .c_str()));
    add(event, icalproperty_new_geo({model["latitude"].GetDouble(), model["longitude"].GetDouble()}));
    add(event, icalproperty_new_url(url.c_str()));
    add(event, icalproperty_new_status(is_cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    add(event, icalproperty_new_transp(ICAL_TRANSP_OPAQUE));
    add(event, icalproperty_new_class(ICAL_CLASS_PRIVATE));
    std::string text = description.message("calendar_booking");
    if (!is_cancelled) {
        text = description.message("calendar_seats__admission") + '\n' + text;
        icalcomponent_add_component(event, alarm(description.message("calendar_alarm")));
    }
    add(event, icalproperty_new_description(text.c_str()));

    const std::unique_ptr<char, decltype(&std::free)> result(icalcomponent_as_ical_string_r(calendar.get()),
                                                             &std::free);
    if (!result) {
        throw std::runtime_error("libical wrote no calendar");
    }
    return result.get();
}

}  // namespace boxoffice::render

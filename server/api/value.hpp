// The types of functions' arguments, and values of them as a client gave them: checked as far as can be done
// without the database, and written as PostgreSQL literals or as JSON. The cast in the statement has the last
// word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::api {

enum class Kind {
    boolean,
    smallint,
    integer,
    bigint,
    numeric,
    double_precision,
    text,
    timestamptz,
    date,
    uuid,
    json,   // json and jsonb
    other,  // any other type: its text is left to the cast
};

struct Type {
    std::string name;  // as format_type prints it, with "[]" for arrays: what the statement casts to
    Kind kind = Kind::other;
    bool is_array = false;
};

Type type_named(std::string_view name);

// Whether JSON writes the kind without quotes.
bool is_number(Kind kind);

// Whether `text` is a value of the kind, with its range; numbers have at most 64 characters, times a calendar
// date (no 'now', no 'infinity'). True for text, json and other.
bool is_value(Kind kind, std::string_view text);

// What a client should have sent, for the detail of a refusal: "a whole number", …
std::string_view description_of(Kind kind);

// A value of a type; arrays have elements, all others a text.
struct Value {
    Kind kind = Kind::text;
    bool is_array = false;
    std::string text;
    std::vector<std::string> elements;

    // PostgreSQL's input syntax: the text, or {"a","b"}.
    std::string literal() const;

    void append_json(std::string& out) const;
};

}  // namespace boxoffice::api

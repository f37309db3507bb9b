// Stripe's way of writing nested parameters in a query or form: `metadata[show_id]=7`, `expand[]=a`,
// `line_items[0][quantity]=2`.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "http/url.hpp"

namespace boxoffice::sandbox {

// what() is for the one who asked.
class BadParameters : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The fields as one JSON object; every leaf is a string. An object whose names are 0, 1, 2, … in order is an
// array; `[]` takes the next number. Of a name given twice the later value counts. Throws BadParameters for
// more than 500 fields, more than 8 levels, or a name that is both a value and an object.
std::string nested_json(const std::vector<http::Field>& fields);

}  // namespace boxoffice::sandbox

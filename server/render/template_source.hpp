// What can be said of a template from its source: the names it uses, and what renderer.hpp forbids in it.
// Syntax and escaping themselves are ctemplate's. Used at the start of the server and by the tests of
// templates/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boxoffice::render {

// One {{…}} of a template. Comments and the AUTOESCAPE line are left out.
struct Marker {
    enum class Kind { variable, section, end, include };
    Kind kind;
    std::string_view name;
    std::string_view modifiers;  // ":u", or empty
};

// All markers in the order of the text; views into `source`. What is no marker is left to ctemplate to
// refuse.
std::vector<Marker> markers_of(std::string_view source);

// What a template becomes part of. A mail has no Content-Security-Policy, and hardly any style but inline.
enum class Use { page, mail };

// Each thing in `source` that renderer.hpp forbids under ESCAPING, as a sentence; empty when all is well. In a
// mail style= may be, without a variable in it.
std::vector<std::string> faults_of(std::string_view source, Use use = Use::page);

}  // namespace boxoffice::render

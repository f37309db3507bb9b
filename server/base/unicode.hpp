// Unicode's normalization forms. The database normalizes what it stores (sql/api/text.sql); here stands what never reaches it.
#pragma once

#include <string>
#include <string_view>

namespace boxoffice {

// UTF-8 text in form KC, in which a text is the same however a keyboard wrote it: é as one character or as two, a wide Ａ as
// A. What is not UTF-8 is refused before it comes here.
std::string nfkc(std::string_view utf8);

}  // namespace boxoffice

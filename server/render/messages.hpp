// The texts of the site: reading templates/messages.LANGUAGE.txt and choosing the plural form. Filling in the
// placeholders is the dictionary's part, since only it sees the model.
//
// A file is UTF-8, a message a line:
//
//     # a comment
//     sign_in = Sign in
//     title_show = {event.title} at {venue.name}
//     seats_left.one = {seats_available} seat left
//     seats_left.other = {seats_available} seats left
//
// A key is made of a-z, 0-9 and _; a template prints it as {{m_key}}. The text is what follows the first " = ", to
// the end of the line, without space around it; it is text and never markup.
// {name} is what {{name}} prints at the place of the message, money and times formatted; {a.b} looks for b in the
// object a. A brace that is no placeholder is a fault, as is a key said twice.
// A message with plural forms has `.other`, and `.one` in languages that tell one from many (English does, Chinese
// does not). The first placeholder of `.other` names the number that chooses: one is the number 1, all else other.
#pragma once

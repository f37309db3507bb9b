-- A booking's shape takes two arguments more.
drop function if exists sales.booking_body(sales.bookings, json, json, json);

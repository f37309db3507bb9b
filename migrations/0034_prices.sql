-- What a show costs is told from its seats, which may have prices of their own.
drop function if exists catalog.listed_show_json(sales.shows, catalog.halls, bigint);
drop function if exists sales.seat_counts(bigint[]);

-- The first partitions of the show seats; later ones are made ahead by ops.make_partitions (pg_cron).
create table sales.show_seats_0 partition of sales.show_seats for values from (0) to (10000) with (fillfactor = 60);
create table sales.show_seats_1 partition of sales.show_seats for values from (10000) to (20000) with (fillfactor = 60);

-- What runs by the clock. Each job is a call of one procedure or function; pg_cron runs one instance of a job at a time.

create or replace procedure ops.sweep_holds(p_seconds integer default 55)
language plpgsql
as $$
-- Expires lapsed holds where nobody looks. pg_cron 1.4 knows minutes only, so it loops for most of its minute, a show a
-- transaction, and looks again each second.
declare
    v_show_id bigint;
    v_end timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
    loop
        for v_show_id in
            select distinct b.show_id
            from sales.bookings as b
            where b.status = 'held'
                and b.held_until <= clock_timestamp()
        loop
            perform sales.expire_bookings(v_show_id);
            commit;
        end loop;
        commit;
        exit when clock_timestamp() >= v_end;
        perform pg_sleep(1);
    end loop;
end;
$$;

create or replace function ops.close_overdue_checkouts()
returns integer
language plpgsql
as $$
-- A hosted page outlives a hold: where the hold's time is over, the provider is asked to close it; its answer settles the
-- booking. Returns how many were asked for.
declare
    v_payment record;
    v_count integer := 0;
begin
    for v_payment in
        select
            p.show_id,
            p.payment_id,
            p.checkout_ref
        from sales.payments as p
        where p.status = 'pending'
            and p.method = 'hosted'
            and p.deadline_at <= now()
            and p.checkout_ref is not null
    loop
        perform sales.ask_to_expire_checkout(v_payment.show_id, v_payment.payment_id, v_payment.checkout_ref);
        v_count := v_count + 1;
    end loop;
    return v_count;
end;
$$;

create or replace function ops.make_partitions(p_ahead integer default 2)
returns integer
language plpgsql
as $$
-- Makes the partitions of the show seats that will be needed: p_ahead beyond the newest show's. Returns how many it made.
declare
    c_width constant bigint := 10000;
    v_last bigint := coalesce((select max(s.show_id) from sales.shows as s), 0) / c_width + p_ahead;
    v_count integer := 0;
begin
    for v_number in 0 .. v_last loop
        if to_regclass(format('sales.show_seats_%s', v_number)) is null then
            execute format(
                'create table sales.show_seats_%s partition of sales.show_seats for values from (%s) to (%s) with (fillfactor = 60)',
                v_number,
                v_number * c_width,
                (v_number + 1) * c_width
            );
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end;
$$;

create or replace procedure ops.forget_the_old()
language plpgsql
as $$
-- Ends what has served its time: sessions past their end, outbox rows done a week ago.
begin
    delete from account.sessions as s
    where s.expires_at < now();
    commit;
    delete from ops.outbox as o
    where o.done_at < now() - interval '7 days';
    commit;
end;
$$;

select cron.schedule('boxoffice: sweep holds', '* * * * *', 'call ops.sweep_holds()');
select cron.schedule('boxoffice: close overdue checkouts', '* * * * *', 'select ops.close_overdue_checkouts()');
select cron.schedule('boxoffice: make partitions', '7 * * * *', 'select ops.make_partitions()');
select cron.schedule('boxoffice: prune the sandbox', '37 * * * *', 'select sandbox.prune()');
select cron.schedule('boxoffice: forget the old', '17 3 * * *', 'call ops.forget_the_old()');

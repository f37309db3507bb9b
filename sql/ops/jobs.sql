-- What runs by the clock. Each job is a call of one procedure or function; pg_cron runs one instance of a job at a time.

create or replace procedure ops.sweep_holds(p_seconds integer default 55)
language plpgsql
as $$
-- Expires lapsed holds where nobody looks. pg_cron 1.4 knows minutes only, so it loops for most of its minute, a show a
-- transaction, and looks again each second. A show where that fails is left with a warning, and stops no other.
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
            begin
                perform sales.expire_bookings(v_show_id);
            exception
                when others then
                    raise warning 'the holds of show % cannot be expired: % (%)', v_show_id, sqlerrm, sqlstate;
            end;
            commit;
        end loop;
        exit when clock_timestamp() >= v_end;
        perform pg_sleep(1);
        commit;
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
-- Makes the partitions of the show seats that will be needed, from the newest show's to p_ahead beyond it; older ones may
-- have been archived. Returns how many it made. Each is made first and then attached: that waits for writers, but not,
-- as "create table … partition of" does, for a report that reads; and no sale waits behind it for longer than the time-out.
declare
    c_width constant bigint := 10000;
    v_first bigint := coalesce((select max(s.show_id) from sales.shows as s), 0) / c_width;
    v_count integer := 0;
begin
    perform set_config('lock_timeout', '5s', true);
    for v_number in v_first .. v_first + p_ahead loop
        if to_regclass(format('sales.show_seats_%s', v_number)) is null then
            execute format(
                'create table sales.show_seats_%s (like sales.show_seats including defaults including constraints) with (fillfactor = 60)',
                v_number
            );
            execute format(
                'alter table sales.show_seats attach partition sales.show_seats_%s for values from (%s) to (%s)',
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
-- Ends what has served its time: sessions past their end, outbox rows done and runs of these jobs ended a week ago, the
-- provider's events of a month ago (it repeats one for three days at most, and each transition bears a repeat).
begin
    delete from account.sessions as s
    where s.expires_at < now();
    commit;
    delete from ops.outbox as o
    where o.done_at < now() - interval '7 days';
    commit;
    delete from ops.provider_events as e
    where e.received_at < now() - interval '30 days';
    commit;
    delete from cron.job_run_details as d
    where d.username = current_user
        and d.end_time < now() - interval '7 days';
    commit;
end;
$$;

select cron.schedule('boxoffice: sweep holds', '* * * * *', 'call ops.sweep_holds()');
select cron.schedule('boxoffice: close overdue checkouts', '* * * * *', 'select ops.close_overdue_checkouts()');
select cron.schedule('boxoffice: make partitions', '7 * * * *', 'select ops.make_partitions()');
select cron.schedule('boxoffice: prune the sandbox', '37 * * * *', 'select sandbox.prune()');
select cron.schedule('boxoffice: forget the old', '17 3 * * *', 'call ops.forget_the_old()');

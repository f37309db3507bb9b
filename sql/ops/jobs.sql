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

create or replace procedure ops.sweep_waitlists(p_seconds integer default 55)
language plpgsql
as $$
-- waitlist.sweep_queue for each show for which somebody waits, each second for most of its minute, a show a transaction. A show
-- where that fails is left with a warning, and stops no other.
declare
    v_show_id bigint;
    v_end timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
    loop
        -- From one show that is waited for to the next along an index: the queues themselves are as many as the shows ever were.
        for v_show_id in
            with recursive waited_for as (
                (
                    select e.show_id
                    from waitlist.entries as e
                    where e.status = 'waiting'
                    order by e.show_id
                    limit 1
                )
                union all
                select (
                    select e.show_id
                    from waitlist.entries as e
                    where e.status = 'waiting'
                        and e.show_id > w.show_id
                    order by e.show_id
                    limit 1
                )
                from waited_for as w
                where w.show_id is not null
            )
            select w.show_id
            from waited_for as w
            where w.show_id is not null
        loop
            begin
                perform waitlist.sweep_queue(v_show_id);
            exception
                when others then
                    raise warning 'the waitlist of show % cannot be swept: % (%)', v_show_id, sqlerrm, sqlstate;
            end;
            commit;
        end loop;
        exit when clock_timestamp() >= v_end;
        perform pg_sleep(1);
        commit;
    end loop;
end;
$$;

create or replace function ops.has_open_work(
    p_show_id bigint,
    p_payment_id uuid
)
returns boolean
language plpgsql
stable
as $$
-- Whether work for this payment is still under way: neither done nor given up.
begin
    return exists (
        select
        from ops.outbox as o
        where o.show_id = p_show_id
            and o.payload ->> 'payment_id' = p_payment_id::text
            and o.done_at is null
            and o.dead_at is null
    );
end;
$$;

create or replace function ops.reconcile()
returns integer
language plpgsql
as $$
-- Finds payments that hang and has the provider asked again what became of them: nothing is guessed, and nothing expires unasked.
--   - a pending charge whose request was given up is asked for again, with the same key, for 20 hours (the provider forgets keys
--     after 24). Later what was authorized is looked for, an hour after the last attempts were given up, which is what the worker
--     makes of a request so old; of a page that was never opened a person must look: report.stuck_payments.
--   - a page of the provider that outlives its hold is asked to close; its answer settles the booking.
--   - an authorized charge without a capture under way, and a pending refund of a captured charge without work, are asked for.
--   - a cancelled show that still has bookings to settle goes on.
-- Returns how much it asked for. A payment is left alone while work for it is open.
declare
    v_payment record;
    v_show_id bigint;
    v_count integer := 0;
begin
    for v_payment in
        select
            p.show_id,
            p.payment_id,
            p.kind,
            p.status,
            p.amount_minor,
            p.provider_ref,
            p.checkout_ref
        from sales.payments as p
        left join sales.payments as c
            on c.show_id = p.show_id
            and c.payment_id = p.charge_payment_id
        where p.status in ('pending', 'authorized')
            and p.created_at < now() - interval '30 seconds'
            -- Of what cannot be asked for, however much and old it is, none stands in the way of the rest.
            and case
                when p.kind = 'refund' then c.status = 'succeeded' and not sales.is_charge_disputed(c.show_id, c.payment_id)
                when p.status = 'authorized' then true
                when p.checkout_ref is not null then p.deadline_at <= now()
                when p.created_at >= now() - interval '20 hours' then true
                else p.method = 'token' and not exists (
                    select
                    from ops.outbox as o
                    where o.show_id = p.show_id
                        and o.payload ->> 'payment_id' = p.payment_id::text
                        and o.done_at is null
                        and o.dead_at > now() - interval '1 hour'
                )
            end
            and not ops.has_open_work(p.show_id, p.payment_id)
        order by p.created_at
        limit 1000
    loop
        if v_payment.kind = 'refund' then
            perform sales.promise_refund(v_payment.show_id, v_payment.payment_id);
        elsif v_payment.status = 'authorized' then
            perform sales.promise_capture(
                v_payment.show_id, v_payment.payment_id, v_payment.provider_ref, v_payment.amount_minor
            );
        elsif v_payment.checkout_ref is not null then
            perform sales.ask_to_expire_checkout(v_payment.show_id, v_payment.payment_id, v_payment.checkout_ref);
        else
            -- In the very words of the first time, the time of asking among them: under one key the provider hears nothing else.
            insert into ops.outbox (
                show_id,
                kind,
                payload,
                created_at
            )
            select
                o.show_id,
                o.kind,
                o.payload,
                o.created_at
            from ops.outbox as o
            where o.show_id = v_payment.show_id
                and o.payload ->> 'payment_id' = v_payment.payment_id::text
                and o.kind in ('authorize', 'open_checkout')
                and o.done_at is null
            order by o.created_at
            limit 1;
            if not found then
                perform sales.ask_provider(v_payment.show_id, v_payment.payment_id);
            end if;
        end if;
        v_count := v_count + 1;
    end loop;

    for v_show_id in
        select s.show_id
        from sales.shows as s
        where s.status = 'cancelled'
            -- Asked apart, each has its index; together they would read all bookings that were ever settled.
            and (
                exists (
                    select
                    from sales.bookings as b
                    where b.show_id = s.show_id
                        and b.status = 'held'
                )
                or exists (
                    select
                    from sales.bookings as b
                    where b.show_id = s.show_id
                        and b.status = 'paid'
                )
            )
            and not exists (
                select
                from ops.outbox as o
                where o.show_id = s.show_id
                    and o.kind = 'cancel_show'
                    and o.done_at is null
                    and o.dead_at is null
            )
    loop
        perform ops.add_work(v_show_id, 'cancel_show', '{}');
        v_count := v_count + 1;
    end loop;
    return v_count;
end;
$$;

create or replace function ops.count_checks()
returns void
language plpgsql
as $$
-- Counts what should not be: rows of report.inconsistencies and report.stuck_payments, and work that was given up. /metrics shows
-- what was counted last, and when.
-- report.inconsistencies reads all that was ever sold: the longer that takes the more rarely it is done, so that it is never
-- under way for more than a twentieth of the time (300,000 bookings take 8 s: each three minutes).
declare
    v_begun_at timestamptz := clock_timestamp();
begin
    insert into ops.checks as c (
        name,
        checked_at,
        row_count
    )
    select
        k.name,
        clock_timestamp(),
        k.row_count
    from (
        select 'stuck_payments' as name, count(*) as row_count from report.stuck_payments
        union all
        select 'dead_letters', count(*) from report.dead_letters
    ) as k
    on conflict (name) do update
    set
        checked_at = excluded.checked_at,
        row_count = excluded.row_count;

    if exists (
        select
        from ops.checks as c
        where c.name = 'inconsistencies'
            and v_begun_at < c.checked_at + make_interval(secs => 20 * c.seconds - 60)
    ) then
        return;
    end if;
    v_begun_at := clock_timestamp();
    insert into ops.checks as c (
        name,
        checked_at,
        row_count,
        seconds
    )
    select
        'inconsistencies',
        clock_timestamp(),
        k.row_count,
        extract(epoch from clock_timestamp() - v_begun_at)
    from (
        select count(*) as row_count
        from report.inconsistencies
    ) as k
    on conflict (name) do update
    set
        checked_at = excluded.checked_at,
        row_count = excluded.row_count,
        seconds = excluded.seconds;
end;
$$;

create or replace procedure ops.forget_the_old()
language plpgsql
as $$
-- Ends what has served its time: sessions past their end, links in mails that are over, attempts to sign in of a season ago, what staff did
-- three years ago, who listened the day before, outbox
-- rows done and runs of these jobs ended a week ago, the provider's events of a month ago (it repeats one for three days at
-- most, and each transition bears a repeat).
begin
    delete from account.sessions as s
    where s.expires_at < now();
    commit;
    delete from ops.listeners as l
    where l.asked_at < now() - interval '1 day';
    commit;
    delete from account.mail_links as l
    where l.expires_at < now() - interval '1 day';
    commit;
    delete from account.login_attempts as a
    where greatest(a.failed_at, a.succeeded_at) < now() - interval '90 days';
    commit;
    delete from ops.audit as a
    where a.happened_at < now() - interval '3 years';
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

create or replace procedure ops.forget_addresses()
language plpgsql
as $$
-- Deletes where holds came from once it can no longer matter (sales.refuse_address, sales.check_declines).
begin
    delete from sales.address_holds as a
    where a.held_until < now() - interval '1 hour';
end;
$$;

select cron.schedule('boxoffice: sweep holds', '* * * * *', 'call ops.sweep_holds()');
select cron.schedule('boxoffice: sweep waitlists', '* * * * *', 'call ops.sweep_waitlists()');
select cron.schedule('boxoffice: forget addresses', '*/5 * * * *', 'call ops.forget_addresses()');
select cron.schedule('boxoffice: reconcile', '* * * * *', 'select ops.reconcile()');
select cron.schedule('boxoffice: count checks', '* * * * *', 'select ops.count_checks()');
select cron.schedule('boxoffice: prune the sandbox', '37 * * * *', 'select sandbox.prune()');
select cron.schedule('boxoffice: archive shows', '*/5 * * * *', 'call archive.archive_shows()');
select cron.schedule('boxoffice: refresh what plays', '* * * * *', 'call catalog.refresh_begun()');
select cron.schedule('boxoffice: forget the old', '17 3 * * *', 'call ops.forget_the_old()');

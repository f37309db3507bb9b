-- The registry of our SQLSTATEs, and the one way to raise them. Nobody branches on a message. What becomes of PostgreSQL's
-- own SQLSTATEs, server/api/problem.hpp says.

delete from api.error;

insert into api.error (sqlstate, code, status, title) values
    -- the request
    ('BX400', 'invalid_request', 400, 'The request is not valid'),
    ('BX401', 'not_signed_in', 401, 'Sign in first'),
    ('BX402', 'wrong_credentials', 401, 'E-mail or password is wrong'),
    ('BX403', 'forbidden', 403, 'Not allowed'),
    ('BX404', 'not_found', 404, 'Not found'),
    ('BX405', 'method_not_allowed', 405, 'Method not allowed'),
    ('BX406', 'bad_signature', 400, 'The signature does not match'),
    ('BX413', 'too_large', 413, 'The request is too large'),
    ('BX415', 'unsupported_media_type', 415, 'Content type not supported'),
    ('BX429', 'rate_limited', 429, 'Too many requests'),
    ('BX503', 'busy', 503, 'Busy, try again'),
    ('BX504', 'timeout', 504, 'It took too long'),
    ('BX505', 'outcome_unknown', 503, 'The outcome is not known'),
    -- holding
    ('BX901', 'seats_taken', 409, 'Somebody was faster'),
    ('BX902', 'sold_out', 409, 'Sold out'),
    ('BX903', 'not_together', 409, 'Not enough seats beside each other'),
    ('BX904', 'too_many_seats', 422, 'Too many seats'),
    ('BX905', 'unknown_seat', 422, 'No such seat'),
    ('BX906', 'not_on_sale', 422, 'Not on sale'),
    ('BX907', 'idempotency_key_reused', 422, 'The idempotency key was used for something else'),
    -- bookings and payments
    ('BX911', 'not_held', 409, 'The booking is not held'),
    ('BX912', 'hold_expired', 409, 'The hold has expired'),
    ('BX913', 'already_paid', 409, 'Already paid'),
    ('BX914', 'too_late', 409, 'Too late'),
    ('BX915', 'not_paid', 409, 'Not paid'),
    -- entering
    ('BX931', 'already_used', 409, 'The ticket was used already'),
    ('BX932', 'void_ticket', 422, 'The ticket is void'),
    ('BX933', 'wrong_show', 422, 'The ticket is for another show'),
    ('BX934', 'bad_code', 422, 'This is no code of ours'),
    ('BX935', 'show_cancelled', 422, 'The show is cancelled'),
    ('BX936', 'not_used', 409, 'The ticket was not used'),
    -- the waitlist
    ('BX941', 'seats_available', 409, 'Seats are free: hold them'),
    ('BX942', 'cannot_be_met', 409, 'There will never be so many seats'),
    ('BX943', 'already_waiting', 409, 'Already waiting'),
    ('BX944', 'waitlist_closed', 409, 'This show has no waitlist'),
    ('BX945', 'no_payment_method', 409, 'No payment method is saved'),
    ('BX946', 'not_waiting', 409, 'Not waiting any more'),
    -- accounts and catalogue
    ('BX921', 'email_taken', 409, 'The e-mail is taken'),
    ('BX922', 'in_use', 409, 'Something depends on it'),
    ('BX923', 'already_exists', 409, 'It exists already'),
    ('BX924', 'link_expired', 409, 'The link is used or over');

create or replace function api.raise(
    p_code text,
    p_detail jsonb default '{}',
    p_message text default null
)
returns void
language plpgsql
stable
as $$
-- Raises the registered error p_code: its SQLSTATE, p_message (else its title) as the message, p_detail as JSON detail.
declare
    v_sqlstate text;
    v_title text;
begin
    select e.sqlstate, e.title
    into v_sqlstate, v_title
    from api.error as e
    where e.code = p_code;

    if v_sqlstate is null then
        raise exception 'no error is registered as %', p_code;
    end if;

    raise exception using
        errcode = v_sqlstate,
        message = coalesce(p_message, v_title),
        detail = p_detail::text;
end;
$$;

create or replace function api.raise_invalid(
    p_field text,
    p_message text
)
returns void
language sql
stable
as $$
-- Raises invalid_request for one field of the request.
    select api.raise('invalid_request', jsonb_build_object('field', p_field), p_message);
$$;

create or replace function api.refusal(
    p_code text,
    p_members json default '{}'
)
returns json
language plpgsql
stable
as $$
-- As api.raise, but for a function to answer with: the client gets the same problem, and what was written stays.
begin
    return (
        select json_build_object('refused', e.sqlstate, 'members', p_members)
        from api.error as e
        where e.code = p_code
    );
end;
$$;

create or replace function api.raise_in_use(
    p_used_by text,
    p_count bigint
)
returns void
language plpgsql
stable
as $$
-- Raises in_use, naming by what and how many of them, unless there are none.
begin
    if p_count > 0 then
        perform api.raise(
            'in_use',
            jsonb_build_object('used_by', p_used_by, 'count', p_count),
            format('It has %s: %s.', replace(p_used_by, '_', ' '), p_count)
        );
    end if;
end;
$$;

create or replace function api.sqlstate_of(p_code text)
returns text
language sql
stable
as $$
-- The SQLSTATE of a registered code: for verdicts that travel as values.
    select e.sqlstate
    from api.error as e
    where e.code = p_code;
$$;

create or replace function sales.set_show_rules(
    p_show_id bigint,
    p_max_seats integer,
    p_hold_seconds integer,
    p_hold_grace_seconds integer,
    p_waitlist_enabled boolean,
    p_waitlist_policy text,
    p_waitlist_seconds integer,
    p_refund_cutoff_seconds integer,
    p_max_seats_per_buyer integer default null,
    p_waitlist_gather_seconds integer default null,
    p_max_seats_per_address integer default null
)
returns void
language plpgsql
volatile
as $$
-- Changes the rules by which a show is sold; null leaves one as it is, and 0 for
-- max_seats_per_buyer or max_seats_per_address means none. Locks the show's row.
-- Raises invalid_request, naming the rule.
begin
    perform api.check_range('max_seats', p_max_seats, 1, 10);
    perform api.check_range('max_seats_per_buyer', p_max_seats_per_buyer, 0, 1000);
    perform api.check_range('max_seats_per_address', p_max_seats_per_address, 0, 100000);
    perform api.check_range('hold_seconds', p_hold_seconds, 1, 86400);
    perform api.check_range('hold_grace_seconds', p_hold_grace_seconds, 0, 600);
    perform api.check_range('waitlist_seconds', p_waitlist_seconds, 1, 604800);
    perform api.check_range('waitlist_gather_seconds', p_waitlist_gather_seconds, 1, 604800);
    perform api.check_range('refund_cutoff_seconds', p_refund_cutoff_seconds, 0, 31536000);
    if p_waitlist_policy not in ('strict', 'first_fit') then
        perform api.raise_invalid('waitlist_policy', 'The policy is strict or first_fit.');
    end if;

    update sales.shows as s
    set
        max_seats = coalesce(p_max_seats, s.max_seats),
        hold_seconds = coalesce(p_hold_seconds, s.hold_seconds),
        hold_grace_seconds = coalesce(p_hold_grace_seconds, s.hold_grace_seconds),
        waitlist_enabled = coalesce(p_waitlist_enabled, s.waitlist_enabled),
        waitlist_policy = coalesce(p_waitlist_policy, s.waitlist_policy),
        waitlist_seconds = coalesce(p_waitlist_seconds, s.waitlist_seconds),
        refund_cutoff_seconds = coalesce(p_refund_cutoff_seconds, s.refund_cutoff_seconds),
        waitlist_gather_seconds = coalesce(p_waitlist_gather_seconds, s.waitlist_gather_seconds),
        max_seats_per_buyer = nullif(coalesce(p_max_seats_per_buyer, s.max_seats_per_buyer), 0),
        max_seats_per_address = nullif(coalesce(p_max_seats_per_address, s.max_seats_per_address), 0)
    where s.show_id = p_show_id;
end;
$$;

-- What who waits agreed to: a purchase without asking is at most at that price, and at that time.
alter table waitlist.entries
    add column agreed_price_minor bigint,
    add column agreed_starts_at timestamptz;
-- Who waits already agreed to what is told now.
update waitlist.entries as e
set
    agreed_price_minor = (
        select max(t.price_minor)
        from sales.show_tiers as t
        where t.show_id = e.show_id
            and t.tier = coalesce(e.tier, t.tier)
    ),
    agreed_starts_at = s.starts_at
from sales.shows as s
where s.show_id = e.show_id;
alter table waitlist.entries
    alter column agreed_price_minor set not null,
    alter column agreed_starts_at set not null,
    add constraint entries_agreed_price_minor_not_negative check (agreed_price_minor >= 0);
comment on column waitlist.entries.agreed_price_minor is 'The highest price of a seat of the tier, or of all, when the buyer joined: the most that is charged for one without asking.';
comment on column waitlist.entries.agreed_starts_at is 'When the show was to start then: for another time the buyer is asked.';

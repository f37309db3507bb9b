-- Disputes that are prevented, and events of shows that are in the archive.

-- The provider settles some before they count: nothing is taken.
alter table sales.disputes
    drop constraint disputes_closed_is_decided,
    add constraint disputes_closed_is_decided check (
        (closed_at is not null) = (status in ('won', 'lost', 'warning_closed', 'prevented'))
    );

-- The door reads the ticket alone.
alter table sales.tickets add column is_disputed boolean not null default false;
comment on column sales.tickets.is_disputed is 'A bank has the booking''s money, or is taking it: a dispute that is open or lost.';
update sales.tickets as t
set is_disputed = true
from sales.payments as p
inner join sales.disputes as d
    on d.show_id = p.show_id
    and d.payment_id = p.payment_id
    and d.status in ('needs_response', 'under_review', 'lost')
where t.show_id = p.show_id
    and t.booking_id = p.booking_id;

-- Columns that were added to what was archived already were empty there, where the selling tables have a default and take nothing less.
do $$
begin
    if to_regclass('archive.payments') is not null then
        update archive.payments set is_by_hand = false where is_by_hand is null;
    end if;
end;
$$;

drop function if exists sales.receive_provider_event(jsonb);

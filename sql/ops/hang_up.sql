-- Who has ended a session, or revoked a key, listens no more by it. The gateway cannot tell one listener of a buyer from the
-- other, so the channel ends for them all, and the buyer's next one has another name; each comes again at once, and only who is
-- still signed in is let in. Triggers, so that no way of ending a session forgets it; what is over by itself goes with the five
-- minutes after which each must come again.
-- The same name again would not do: nchan takes what is said first in the new channel for the last that was said in the old one.

create or replace function ops.hang_up() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- Promises that the channel of the row's user is ended, if they listen. Locks their row of ops.listeners.
declare
    v_channel text;
begin
    update ops.listeners as l
    set ended_sessions = l.ended_sessions + 1
    where l.user_id = old.user_id
        and l.asked_at > now() - interval '7 minutes'
    returning 'user:' || l.user_id || '.' || l.ended_sessions - 1
    into v_channel;
    if found then
        perform ops.add_work(
            0,
            'live',
            jsonb_build_object('messages', jsonb_build_array(jsonb_build_object('channel', v_channel, 'is_end', true)))
        );
    end if;
    return null;
end;
$$;

create or replace trigger sessions__hang_up
after delete on account.sessions
for each row
when (old.expires_at > now())
execute function ops.hang_up();

create or replace trigger api_keys__hang_up
after update of revoked_at on account.api_keys
for each row
when (old.revoked_at is null and new.revoked_at is not null)
execute function ops.hang_up();

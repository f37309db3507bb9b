create or replace function sales.release_booking(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint
)
returns void
language plpgsql
as $$
-- The buyer gives a held booking back; its seats are free at once. Raises not_found (also for another's), not_held.
declare
    v_status text;
begin
    select b.status
    into v_status
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
        and b.user_id = p_user_id
    for update;

    if v_status is null then
        perform api.raise('not_found');
    elsif v_status <> 'held' then
        perform api.raise('not_held', jsonb_build_object('booking_status', v_status));
    end if;
    perform sales.end_holds(p_show_id, array[p_booking_id], 'released', 'cancelled', 'offer_released');
end;
$$;

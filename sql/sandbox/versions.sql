-- Stripe's API versions (https://docs.stripe.com/changelog). Of the older ones an intent showed its charges and not the latest of
-- them, which the sandbox does not know how to do.
create or replace function sandbox.check_version(p_version text) returns void
language plpgsql stable
as $$
begin
    if p_version <> all (array[
        '2022-11-15', '2023-08-16', '2023-10-16', '2024-04-10', '2024-06-20',
        '2024-09-30.acacia', '2024-10-28.acacia', '2024-11-20.acacia', '2024-12-18.acacia', '2025-01-27.acacia', '2025-02-24.acacia',
        '2025-03-31.basil', '2025-04-30.basil', '2025-05-28.basil', '2025-06-30.basil', '2025-07-30.basil', '2025-08-27.basil',
        '2025-09-30.clover', '2025-10-29.clover', '2025-11-17.clover', '2025-12-15.clover'
    ]) then
        perform sandbox.refuse(400, null, 'Invalid Stripe API version: ' || p_version);
    end if;
end;
$$;

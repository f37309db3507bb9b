-- Money that the provider holds or took is known by the provider's name for it: without that it could be neither captured
-- nor given back.
alter table sales.payments
    add constraint payments_provider_ref_not_empty check (provider_ref <> '') not valid,
    add constraint payments_authorized_has_provider_ref check (
        kind = 'refund'
        or method = 'none'
        or status not in ('authorized', 'succeeded')
        or (provider_ref is not null and authorized_at is not null)
    ) not valid;
alter table sales.payments validate constraint payments_provider_ref_not_empty;
alter table sales.payments validate constraint payments_authorized_has_provider_ref;

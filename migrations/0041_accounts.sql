-- Accounts that their owners keep: sessions and keys that they see and end, passwords and addresses that they change, and guessing that
-- gets slower.

alter table account.sessions
    add column session_id bigint generated always as identity,
    add constraint sessions_session_id_key unique (session_id);
comment on column account.sessions.session_id is 'By which its owner names it.';

alter table account.users
    add column deleted_at timestamptz;
comment on column account.users.deleted_at is 'When its owner deleted the account: name and address are erased, what was bought stays.';

alter table account.mail_links
    drop constraint mail_links_purpose_known,
    add constraint mail_links_purpose_known check (purpose in ('verify_email', 'reset_password', 'change_email')),
    add column email text,
    add constraint mail_links_email_is_address check (account.is_email(email)),
    add constraint mail_links_only_changes_have_email check ((email is not null) = (purpose = 'change_email'));
comment on column account.mail_links.email is 'The new address, to which the link was sent.';

create table account.login_attempts (
    account_key bytea not null,
    address inet not null,
    failed_count integer not null default 0,
    failed_at timestamptz,
    succeeded_at timestamptz,
    constraint login_attempts_pkey primary key (account_key, address),
    constraint login_attempts_key_is_sha256 check (octet_length(account_key) = 32),
    constraint login_attempts_failed_count_not_negative check (failed_count >= 0),
    constraint login_attempts_failed_is_whole check (failed_count = 0 or failed_at is not null)
);
create index login_attempts_failed_at_idx on account.login_attempts (failed_at);
comment on table account.login_attempts is 'Who has tried to sign in to which account: it gets slower with each failure (account.login_wait).';
comment on column account.login_attempts.account_key is 'SHA-256 of the address of mail that was named, in lower case, whether it has an account or not.';
comment on column account.login_attempts.address is 'From where; 0.0.0.0 counts all.';
comment on column account.login_attempts.failed_count is 'Since the last success, or since an hour without a failure.';

drop function if exists account.password_salt(text);
drop function if exists account.use_mail_link(text, text);
drop function if exists account.verify_email(text);
drop function if exists api.login(text, text, bytea);
drop function if exists page.login(text, text, bytea, text);
drop function if exists api.create_api_key(bigint, text);
drop function if exists page.account(bigint, text, integer, boolean, boolean, text);
drop function if exists page.show_login(text, text, boolean);
drop function if exists page.show_signup(text, text);

alter table api.route
    drop constraint route_guard_known,
    add constraint route_guard_known check (guard in ('password_new', 'password_check', 'password_own', 'stripe_signature'));

-- Links in mails that prove who reads them: a new account's address, a forgotten password.

create table account.mail_links (
    link_id uuid not null default gen_random_uuid(),
    user_id bigint not null,
    purpose text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint mail_links_pkey primary key (link_id),
    constraint mail_links_user_fkey foreign key (user_id) references account.users (user_id) on delete cascade,
    constraint mail_links_purpose_known check (purpose in ('verify_email', 'reset_password')),
    constraint mail_links_expires_after_creation check (expires_at > created_at)
);

create index mail_links_user_id_idx on account.mail_links (user_id, purpose, created_at);

comment on table account.mail_links is 'A link that was promised to a user by mail: good once, until it expires.';

create table account.mail_link_tokens (
    token_hash bytea not null,
    link_id uuid not null,
    constraint mail_link_tokens_pkey primary key (token_hash),
    constraint mail_link_tokens_link_fkey foreign key (link_id) references account.mail_links (link_id) on delete cascade,
    constraint mail_link_tokens_token_is_sha256 check (octet_length(token_hash) = 32)
);

create index mail_link_tokens_link_id_idx on account.mail_link_tokens (link_id);

comment on table account.mail_link_tokens is 'SHA-256 of the random token in the link. It is made when the mail is written, and nowhere kept but there; a mail that had to be written twice has two, each of which uses the link up.';

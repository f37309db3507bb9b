-- Users, their sessions and API keys. Of a secret only a hash is kept: Argon2id of a password, SHA-256 of a random token.

create table account.users (
    user_id bigint generated always as identity,
    email text not null,
    name text not null,
    role text not null default 'customer',
    password_hash text not null,
    language text not null default 'en',
    email_verified_at timestamptz,
    created_at timestamptz not null default now(),
    constraint users_pkey primary key (user_id),
    constraint users_role_known check (role in ('customer', 'staff', 'admin')),
    constraint users_email_is_address check (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(email) <= 254),
    constraint users_name_length check (length(name) between 1 and 200 and name = btrim(name)),
    constraint users_password_is_argon2id check (password_hash ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$'),
    constraint users_language_known check (language in ('en', 'zh'))
);

create unique index users_email_key on account.users (lower(email));

comment on column account.users.password_hash is 'PHC string of Argon2id; derived by the server, compared by account.login.';

create table account.sessions (
    token_hash bytea not null,
    user_id bigint not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint sessions_pkey primary key (token_hash),
    constraint sessions_user_fkey foreign key (user_id) references account.users (user_id) on delete cascade,
    constraint sessions_token_is_sha256 check (octet_length(token_hash) = 32),
    constraint sessions_expires_after_creation check (expires_at > created_at)
);

create index sessions_user_id_idx on account.sessions (user_id);
create index sessions_expires_at_idx on account.sessions (expires_at);

create table account.api_keys (
    api_key_id bigint generated always as identity,
    user_id bigint not null,
    key_hash bytea not null,
    name text not null,
    daily_quota integer not null default 10000,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint api_keys_pkey primary key (api_key_id),
    constraint api_keys_user_fkey foreign key (user_id) references account.users (user_id) on delete cascade,
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_key_is_sha256 check (octet_length(key_hash) = 32),
    constraint api_keys_name_length check (length(name) between 1 and 200),
    constraint api_keys_daily_quota_positive check (daily_quota > 0)
);

create index api_keys_user_id_idx on account.api_keys (user_id);

-- The four logins, all with the password boxoffice-demo, and people who bought tickets but cannot sign in: their password
-- hashes belong to no password.

insert into account.users (email, name, role, password_hash)
values
    ('alice@example.com', 'Alice Archer', 'customer', '$argon2id$v=19$m=19456,t=2,p=1$c6Vn00Wl/Gv8zslEN2e93A$mRzyd4XkCbccDf9IA4UC0oodbI1E5dm50prc++2hqCw'),
    ('bob@example.com', 'Bob Baker', 'customer', '$argon2id$v=19$m=19456,t=2,p=1$20dG0hOuTR+m5oGelKAetA$usZ2TUQ6Tqqzr76iZn6o+nTCzAzdXnReqgT97GDsu20'),
    ('staff@example.com', 'Sam Staff', 'staff', '$argon2id$v=19$m=19456,t=2,p=1$AxAO/e+OG3KkQoN5YSziEQ$fnocKNULNS/X+IKUwqkiEcDxU7EMflLQgrpprL+TfbI'),
    ('admin@example.com', 'Ada Admin', 'admin', '$argon2id$v=19$m=19456,t=2,p=1$67m8uPPdUXJsW2pg5o0jPQ$TRbI+oBjll1Pq0/7D782E55lzqPRx3x4NkMz/MtUli8');

insert into account.users (email, name, password_hash)
select
    'guest' || n || '@example.com',
    (array['Mia', 'Noah', 'Lena', 'Jun', 'Amira', 'Tom', 'Yuki', 'Wei', 'Sofia', 'Paul', 'Ines', 'Omar', 'Ruth', 'Hugo', 'Mei',
        'Finn'])[1 + n % 16] || ' '
        || (array['Keller', 'Tanaka', 'Martin', 'Wang', 'Novak', 'Smith', 'Visser', 'Rossi', 'Haddad', 'Larsen',
            'Okafor'])[1 + n % 11],
    '$argon2id$v=19$m=19456,t=2,p=1$' || left(encode(public.gen_random_bytes(16), 'base64'), 22)
        || '$' || left(encode(public.gen_random_bytes(32), 'base64'), 43)
from generate_series(1, 200) as n;

update account.users set email_verified_at = now();

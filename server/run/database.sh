# shellcheck shell=bash
# The private PostgreSQL cluster in $home/postgres: a part of the script `boxoffice`, which sources it. What is in the
# database comes from `migrate`.

make_cluster() {
    local version owner database_user
    database_user=$(user_of postgres)
    [[ $sockets == "$run"/* || ! -e $sockets || $(stat -c %U "$sockets") == "$database_user" ]] ||
        die "$sockets belongs to somebody else; set BOXOFFICE_HOME to a shorter path"
    mkdir -p "$sockets"
    ((EUID)) || chown "$database_user:" "$sockets"
    if [[ -e $home/postgres/PG_VERSION ]]; then
        version=$(<"$home/postgres/PG_VERSION") owner=$(stat -c %U "$home/postgres")
        [[ $version == "$major" ]] ||
            die "$home/postgres was made by PostgreSQL $version, and this is $major: upgrade it with pg_upgrade, or move it away"
        [[ $owner == "$database_user" ]] || die "$home/postgres belongs to $owner, and PostgreSQL would run as $database_user"
    else
        initialize
    fi
    install -m 600 "$root/server/postgres/postgresql.conf" "$home/postgres/boxoffice.conf"
    database_users >"$home/postgres/pg_ident.conf"
    ((EUID)) || chown "$database_user:" "$home/postgres/boxoffice.conf" "$home/postgres/pg_ident.conf"
}

initialize() {
    say "making the database in $home/postgres"
    rm -rf "$home/postgres.new"
    mkdir -m 700 "$home/postgres.new"
    ((EUID)) || chown "$database_user:" "$home/postgres.new"
    (as "$database_user" "/usr/lib/postgresql/$major/bin/initdb" -D "$home/postgres.new" -U postgres -A peer -E UTF8 --locale=C.UTF-8 \
        --data-checksums) >"$logs/initdb.log" 2>&1 || die "initdb failed: $(tail -n 1 "$logs/initdb.log")"
    echo "include = 'boxoffice.conf'" >>"$home/postgres.new/postgresql.conf"
    echo "local all all peer map=boxoffice" >"$home/postgres.new/pg_hba.conf"
    mv "$home/postgres.new" "$home/postgres"
}

# Which user of the machine may be which role.
database_users() {
    local role
    if ((EUID == 0)); then
        printf 'boxoffice %s postgres\n' root postgres
        for role in server worker sandbox report; do printf "boxoffice %s boxoffice_$role\n" root postgres; done
        for role in server worker sandbox; do say "boxoffice boxoffice-$role boxoffice_$role"; done
    else
        printf "boxoffice \"$(id -un)\" %s\n" postgres boxoffice_{server,worker,sandbox,report}
    fi
}

wait_for_postgres() {
    local tries
    for ((tries = 600; tries > 0; tries--)); do
        ! pg_isready -q -U postgres -h "$sockets" || break
        running postgres || die "PostgreSQL does not start; $logs/postgres.log ends with: $(tail -n 1 "$logs/postgres.log")"
        sleep 0.1
    done
}

# Waits for the cluster, and makes the database in it.
prepare_database() {
    wait_for_postgres
    [[ $(psql -X -A -t -h "$sockets" -U postgres -c "select datname from pg_database where datname = 'boxoffice'") ]] ||
        createdb -h "$sockets" -U postgres boxoffice || die "the database could not be made"
}

migrate() {
    say "migrating"
    "$binary" migrate >"$logs/migrate.log" 2>&1 || die "$(grep '^boxoffice' "$logs/migrate.log" | sed 's/^boxoffice: //')"
}

# sql [ARGS]: psql as the superuser.
sql() {
    PGUSER=postgres psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$BOXOFFICE_DATABASE_URL" "$@"
}

load_demo() {
    [[ $(sql -c 'select exists (select from catalog.cities)') == f ]] || return 0
    say "loading the demo data"
    sql -1 -o /dev/null -c 'set role boxoffice_owner' -f "$root/sql/demo/install.sql" >"$logs/demo.log" 2>&1 ||
        die "the demo data could not be loaded: $(grep -m 1 -i error "$logs/demo.log")"
    sql -c 'analyze'
    touch "$home/demo"
}

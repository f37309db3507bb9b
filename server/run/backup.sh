# shellcheck shell=bash
# `./boxoffice backup` and `./boxoffice restore`: the whole database as files of one moment, and back. A part of the script
# `boxoffice`, which sources it. The files hold password hashes and the secret that signs tickets: keep them as you keep passwords.

backup_usage="usage: ./boxoffice backup [DIRECTORY]
       ./boxoffice restore DIRECTORY [--replace]"

# Sales go on meanwhile. A directory without `.partial` at its end is whole.
backup() {
    local directory partial
    (($# <= 1)) && [[ ${1:-} != -* ]] || die "$backup_usage"
    running_settings
    directory=$(realpath -m "${1:-$home/backup/$(date -u +%Y-%m-%dT%H%M%SZ)}")
    [[ ! -e $directory ]] || die "$directory exists already"
    partial=$directory.partial
    rm -rf "$partial"
    (umask 077 && mkdir -p "$partial") 2>/dev/null || die "$partial cannot be written to"
    (
        umask 077
        set -o pipefail
        PGUSER=postgres pg_dump -Fd -j 2 -C -d "$BOXOFFICE_DATABASE_URL" -f "$partial/database" &&
            PGUSER=postgres pg_dumpall --roles-only --no-role-passwords -d "$BOXOFFICE_DATABASE_URL" |
            grep -E '^(CREATE ROLE|ALTER ROLE|GRANT) .*boxoffice_' >"$partial/roles.sql" &&
            version >"$partial/version" &&
            cd "$partial" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS &&
            sync -f . && mv -T "$partial" "$directory"
    ) 2>"$logs/backup.log" || die "the backup failed: $(tail -n 1 "$logs/backup.log")"
    say "wrote $(du -sh "$directory" | cut -f 1) to $directory"
}

# Into the private cluster of this home, which must not run. With --replace the cluster that is there is put aside, not removed.
restore() {
    local directory='' replace=0 aside=''
    while (($#)); do
        case $1 in
        --replace) replace=1 ;;
        -*) die "unknown option '$1'"$'\n'"$backup_usage" ;;
        *)
            [[ -z $directory ]] || die "$backup_usage"
            directory=$1
            ;;
        esac
        shift
    done
    [[ -n $directory ]] || die "$backup_usage"
    [[ -d $directory ]] || die "there is no directory '$directory'"
    directory=$(realpath -e "$directory")
    [[ -f $directory/SHA256SUMS ]] || die "$directory is no backup: it has no SHA256SUMS"
    prepare_home
    (cd "$directory" && sha256sum --quiet --strict -c SHA256SUMS) >"$logs/restore.log" 2>&1 ||
        die "$directory is not what was written: $(head -n 1 "$logs/restore.log")"
    ! running supervisor || die "it runs in $home; stop it with ./boxoffice down"
    exec 9>"$run/lock"
    flock -n 9 || die "another ./boxoffice works on $home"
    stop_all
    effective_settings
    ((private)) || die "BOXOFFICE_DATABASE_URL names another server: restore there with pg_restore -C, as README.md says"
    if [[ -e $home/postgres ]]; then
        ((replace)) || die "$home has a database already; --replace puts it aside"
        aside=$home/postgres.before-$(date -u +%Y-%m-%dT%H%M%SZ)
        mv -T "$home/postgres" "$aside"
    fi
    major=$(postgres_major)
    # shellcheck disable=SC2046
    install_packages $(needed_to_run "$major")
    choose_capabilities
    trap stop_all EXIT
    make_cluster
    # No job of pg_cron runs while half of the data is there, or is noted as having failed.
    postgres_options=(-c cron.use_background_workers=off -c cron.host=/nonexistent -c cron.log_run=off)
    start postgres
    wait_for_postgres
    if ! (psql -X -q -v ON_ERROR_STOP=1 -h "$sockets" -U postgres -d postgres -f "$directory/roles.sql" &&
        pg_restore -e -j 2 -C -h "$sockets" -U postgres -d postgres "$directory/database" &&
        psql -X -q -h "$sockets" -U postgres -d boxoffice -c analyze) >"$logs/restore.log" 2>&1; then
        stop_all
        rm -rf "$home/postgres"
        [[ -z $aside ]] || mv -T "$aside" "$home/postgres"
        die "nothing was restored: $(grep -m 1 -i error "$logs/restore.log")"
    fi
    stop_all
    trap - EXIT
    [[ -z $aside ]] || say "what was there before is in $aside"
    say "restored what $directory holds; ./boxoffice up starts it"
}

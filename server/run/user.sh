# shellcheck shell=bash
# `./boxoffice user`: users, by whoever runs the machine: the first administrator, a role, a forgotten password. A part of the script
# `boxoffice`, which sources it.

user_usage="usage: ./boxoffice user add EMAIL [--role customer|staff|admin] [--name NAME]
       ./boxoffice user role EMAIL customer|staff|admin
       ./boxoffice user password EMAIL
A password is asked for, or read from standard input."

user() {
    local act=${1:-} email=${2:-} role='' name='' hash=''
    [[ -n $email && $act =~ ^(add|role|password)$ ]] || die "$user_usage"
    shift 2
    case $act in
    add)
        role=customer
        while (($#)); do
            case $1 in
            --role) role=${2:-} ;;
            --name) name=${2:-} ;;
            *) die "unknown option '$1'"$'\n'"$user_usage" ;;
            esac
            [[ -n ${2:-} ]] || die "$1 needs a value"
            shift 2
        done
        ;;
    role)
        role=${1:-}
        [[ -n $role && $# == 1 ]] || die "$user_usage"
        ;;
    password) [[ $# == 0 ]] || die "$user_usage" ;;
    esac
    running_settings
    [[ $act == role ]] || hash=$(read_password | "$binary" hash) || exit 1
    PGUSER=postgres psql -XqAt -v ON_ERROR_STOP=1 -d "$BOXOFFICE_DATABASE_URL" \
        -v email="$email" -v role="$role" -v name="$name" -v hash="$hash" 2> >(sed -n 's/^.*ERROR:  /boxoffice: /p' >&2) <<'SQL'
select account.put_user(:'email', nullif(:'role', ''), nullif(:'name', ''), nullif(:'hash', ''));
SQL
}

# On a terminal it is asked for twice, and not shown.
read_password() {
    local password again
    if [[ ! -t 0 ]]; then
        IFS= read -r password || [[ -n $password ]] || die "no password on standard input"
    else
        IFS= read -rsp 'Password: ' password
        printf '\n' >&2
        IFS= read -rsp 'Once more: ' again
        printf '\n' >&2
        [[ $password == "$again" ]] || die "these are two different passwords"
    fi
    printf '%s\n' "$password"
}

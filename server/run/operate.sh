# shellcheck shell=bash
# What who runs Boxoffice asks of it besides starting and stopping: `restart`, `version`, `report` and `doctor`. A part of the
# script `boxoffice`, which sources it.

# ---- restart ----

# With the settings that it was started with, where the environment names no others.
restart() {
    local name
    local -A given=()
    if [[ -r $run/env ]]; then
        for name in $(compgen -e BOXOFFICE_) $(compgen -e STRIPE_); do given[$name]=${!name}; done
        # shellcheck source=/dev/null
        source "$run/env"
        # What `up` finds out by itself it shall find out again.
        [[ " ${parts[*]} " != *' postgres '* ]] || unset BOXOFFICE_DATABASE_URL
        [[ " ${parts[*]} " != *' sandbox '* ]] || unset STRIPE_API_BASE STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET
        for name in "${!given[@]}"; do declare -gx "$name=${given[$name]}"; done
        # Nothing stands still while it is built.
        [[ ! -f $build/build.ninja ]] || build boxoffice
    fi
    down
    up --detach "$@"
}

# ---- version ----

version() {
    local line
    say "boxoffice $(sed -n 's/.*version = "\(.*\)".*/\1/p' "$root/server/base/version.hpp")"
    [[ -r $run/env ]] || return 0
    running_settings
    # A database that cannot be reached has no version to tell.
    while IFS= read -r line; do say "$line"; done < <(sql -F ' ' <<<"
        select 'PostgreSQL', current_setting('server_version');
        select e.extname, e.extversion from pg_catalog.pg_extension as e where e.extname <> 'plpgsql' order by e.extname;
        select 'migration', max(version) from ops.migrations;" 2>/dev/null || true)
}

# ---- report ----

report_usage="usage: ./boxoffice report                       the reports that there are
       ./boxoffice report NAME [--csv|--json]"

report() {
    local name='' format='' known
    while (($#)); do
        case $1 in
        --csv | --json)
            [[ -z $format ]] || die "either --csv or --json"
            format=${1#--}
            ;;
        -*) die "unknown option '$1'"$'\n'"$report_usage" ;;
        *)
            [[ -z $name ]] || die "one report at a time"$'\n'"$report_usage"
            name=$1
            ;;
        esac
        shift
    done
    running_settings
    known=$(sql -F $'\t' -c "
        select c.relname, split_part(obj_description(c.oid), '.', 1)
        from pg_catalog.pg_class as c
        where c.relnamespace = 'report'::regnamespace
            and c.relkind in ('v', 'm')
        order by c.relname") || die "the database does not answer"
    if [[ -z $name ]]; then
        [[ -z $format ]] || die "$report_usage"
        column -t -s $'\t' <<<"$known"
        return
    fi
    name=${name#report.}
    cut -f 1 <<<"$known" | grep -qxF -- "$name" || die "there is no report '$name'; ./boxoffice report lists them"
    case $format in
    csv) database_shell --report -X -q --csv -c "select * from report.$name order by 1" ;;
    json) database_shell --report -X -q -A -t -c "select coalesce(json_agg(to_json(r)), '[]') from (select * from report.$name order by 1) as r" ;;
    *) database_shell --report -X -q -P pager=off -c "select * from report.$name order by 1" ;;
    esac
}

# ---- doctor ----

# Each line begins with `ok`, `warning` or `fault`; the exit code is 1 if there is a fault.
doctor() {
    local name pid free code rows faults=0
    [[ -r $run/env ]] || { finding fault "nothing runs in $home; start it with ./boxoffice up" && return 1; }
    running_settings
    for name in "${parts[@]}" supervisor; do
        if running "$name"; then finding ok "$name runs"; else finding fault "$name is down: see ./boxoffice logs $name"; fi
    done
    if ready; then
        finding ok "$BOXOFFICE_PUBLIC_URL is ready"
    else
        finding fault "not ready: $(curl -s -m 2 "http://$(reached "$BOXOFFICE_LISTEN")/readyz" || true)"
    fi
    free=$(df --output=avail -k "$home" | tail -n 1)
    if ((free > 10000000)); then
        finding ok "$((free / 1000000)) GB free in $home"
    elif ((free > 1000000)); then
        finding warning "only $((free / 1000000)) GB free in $home"
    else
        finding fault "only $((free / 1000)) MB free in $home: PostgreSQL stops when the disk is full"
    fi
    if (($(ulimit -n) >= 20000)); then
        finding ok "$(ulimit -n) open files allowed"
    else
        finding warning "only $(ulimit -n) open files allowed: so many connections at most (ulimit -n)"
    fi
    if (cd "$build" && ninja -n boxoffice) 2>/dev/null | grep -q 'Building\|Linking'; then
        finding warning "the checkout is newer than the program: ./boxoffice restart"
    fi
    code=$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$STRIPE_API_BASE/" || true)
    if [[ $code != 000 ]]; then
        finding ok "the payment provider answers at $STRIPE_API_BASE"
    else
        finding fault "the payment provider does not answer at $STRIPE_API_BASE"
    fi
    if [[ -n ${BOXOFFICE_SMTP_URL:-} ]]; then
        name=${BOXOFFICE_SMTP_URL#*://} && name=${name##*@} && name=${name%%/*}
        [[ $name == *:* ]] || name=$name:$([[ $BOXOFFICE_SMTP_URL == smtps:* ]] && echo 465 || echo 25)
        if taken "${name%:*}" "${name##*:}"; then finding ok "the mail server answers at $name"; else finding fault "the mail server does not answer at $name"; fi
    fi
    if rows=$(sql -F $'\t' -f "$root/server/run/doctor.sql" 2>&1); then
        while IFS=$'\t' read -r code name; do finding "$code" "$name"; done <<<"$rows"
    else
        finding fault "the database does not answer: $(head -n 1 <<<"$rows")"
    fi
    ((faults == 0))
}

# finding ok|warning|fault TEXT: adds to `faults`.
finding() {
    printf '%-8s %s\n' "$1" "$2"
    [[ $1 != fault ]] || faults=$((${faults:-0} + 1))
}

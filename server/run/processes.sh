# shellcheck shell=bash
# Starting, watching and stopping processes: a part of the script `boxoffice`, which sources it. What a process does
# is not its business.
#
# The file $run/NAME.pid holds a process's id and its start time, so that another process that got the id later is
# never taken for it. Each leads a process group of its own.

# started_at PID: sets `started`, in ticks since the machine's start; fails if it is gone or a zombie.
started_at() {
    local line fields
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fields <<<"${line##*) }"
    started=${fields[19]}
    [[ ${fields[0]} != Z ]]
}

# running NAME: sets `pid`.
running() {
    local born started
    { read -r pid born <"$run/$1.pid"; } 2>/dev/null || return 1
    started_at "$pid" && [[ $started == "$born" ]]
}

# user_of NAME: whom a part runs as. Root gives each a user of its own, so that none can take another's role in the database,
# read its memory or its secrets.
user_of() {
    case $EUID:$1 in
    0:postgres) echo postgres ;;
    0:*) echo "boxoffice-$1" ;;
    *) id -un ;;
    esac
}

# As root. In a container the image has them, with the same ids for all.
make_users() {
    local part
    ((EUID == 0)) || return 0
    for part in server worker sandbox gateway; do
        id -u "boxoffice-$part" >/dev/null 2>&1 ||
            useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "boxoffice-$part" 2>/dev/null ||
            id -u "boxoffice-$part" >/dev/null || die "the user boxoffice-$part could not be made"
    done
}

# as USER COMMAND…: becomes the command; root gives up its rights for it.
as() {
    ((EUID == 0)) || exec "${@:2}"
    HOME=/nonexistent exec setpriv --reuid="$1" --regid="$1" --init-groups "${capabilities[@]}" "${@:2}"
}

# Root's checkout may lie where other users cannot go, as in /root. Then its processes, which are not root's, get the
# right to walk and read there; a container may know the wider right only.
capabilities=()
choose_capabilities() {
    ((EUID == 0)) || return 0
    local choice
    for choice in '' dac_read_search dac_override; do
        capabilities=(${choice:+--inh-caps=+$choice --ambient-caps=+$choice})
        # Not test -x: access(2) does not heed capabilities.
        if (as postgres stat "$home/.") >/dev/null 2>&1 &&
            (as "$(user_of server)" stat "$home/." "$root/templates/." "$binary") >/dev/null 2>&1; then
            return
        fi
    done
    die "users postgres and $(user_of server) cannot reach $root and $home; put them where everybody may go, as /opt"
}

# What the private cluster is started with besides its settings.
postgres_options=()

# command_of NAME: sets `command` to the user and what that one runs. The gateway needs no secret of the others.
command_of() {
    local user
    user=$(user_of "$1")
    case $1 in
    postgres) command=("$user" "/usr/lib/postgresql/$(<"$home/postgres/PG_VERSION")/bin/postgres" -D "$home/postgres" -k "$sockets" "${postgres_options[@]}") ;;
    server) command=("$user" "$binary" serve) ;;
    worker | sandbox) command=("$user" "$binary" "$1") ;;
    gateway)
        command=("$user" env -u STRIPE_SECRET_KEY -u STRIPE_WEBHOOK_SECRET -u BOXOFFICE_SMTP_URL -u BOXOFFICE_DATABASE_URL -u BOXOFFICE_LIVE_SECRET
            /usr/sbin/nginx -p "$home/" -c run/nginx/nginx.conf -e stderr -g 'daemon off;')
        ;;
    supervisor) command=("$(id -un)" "$root/boxoffice" supervise "${parts[@]}") ;;
    *) die "there is no part '$1'" ;;
    esac
}

start() {
    local command started
    command_of "$1"
    as "${command[0]}" setsid "${command[@]:1}" >>"$logs/$1.log" 2>&1 </dev/null 9>&- &
    started_at $! && echo "$! $started" >"$run/$1.pid"
    disown # so that bash does not report its end
}

# stop NAME SIGNAL SECONDS: and -9 after that time.
stop() {
    local pid tries
    if running "$1"; then
        kill -"$2" "$pid"
        for ((tries = 10 * $3; tries > 0; tries--)); do
            running "$1" || break
            sleep 0.1
        done
    fi
    sweep "$1"
    rm -f "$run/$1.pid"
}

# Ends what a process left behind in its group, as nginx's workers, which outlive a killed master and keep its port.
sweep() {
    local pid born started=
    { read -r pid born <"$run/$1.pid"; } 2>/dev/null || return 0
    started_at "$pid" || true
    if [[ -z $started || $started == "$born" ]]; then kill -KILL -- "-$pid" 2>/dev/null || true; fi
}

stop_all() {
    stop supervisor TERM 2
    stop gateway QUIT 5
    stop server TERM 15
    stop worker TERM 15
    stop sandbox TERM 5
    stop postgres INT 60
    rm -f "$run/env"
}

# Logs grow to so many bytes and are kept four times over: NAME.log, and NAME.log.1 to .3, which are older. Those who write keep
# the file open at its end, so it is copied and emptied; what is written between the two, in some milliseconds, is lost.
log_limit=$((32 << 20))
rotate_logs() {
    local size file n
    while read -r size file; do
        ((size > log_limit)) || continue
        for n in 2 1; do [[ ! -e $file.$n ]] || mv -f "$file.$n" "$file.$((n + 1))"; done
        # A full disk is no reason to keep on filling it.
        cp -p "$file" "$file.1" || rm -f "$file.1"
        : >"$file"
    done < <(stat -c '%s %n' "$logs"/*.log)
}

# Starts again what died: at once, then after 1, 2, 4 … 30 s as long as it does not stay for half a minute.
supervise() {
    local name now rotated=0
    local -A tried delay
    trap 'exit 0' TERM
    while sleep 0.3; do
        now=$EPOCHSECONDS
        if ((now - rotated >= 5)); then rotated=$now && rotate_logs; fi
        for name in "${parts[@]}"; do
            running "$name" && continue
            if ((now - ${tried[$name]:-0} > 30)); then delay[$name]=0; fi
            ((now - ${tried[$name]:-0} >= ${delay[$name]})) || continue
            [[ -z ${tried[$name]:-} ]] || printf '%(%FT%TZ)T %s died, started again\n' -1 "$name"
            sweep "$name"
            tried[$name]=$now delay[$name]=$((delay[$name] ? delay[$name] * 2 : 1))
            ((delay[$name] <= 30)) || delay[$name]=30
            # Where tests end processes on purpose, that is no reason to hesitate.
            [[ -z ${BOXOFFICE_FAULT:-} ]] || delay[$name]=0
            start "$name"
        done
    done
}

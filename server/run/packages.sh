# shellcheck shell=bash
# Which Debian packages are needed, and their installation: a part of the script `boxoffice`, which sources it.

# Both take PostgreSQL's major version. COMMAND=PACKAGE is there if the command is, whoever installed it.
needed_to_run() {
    local major=$1
    say g++=g++ cmake=cmake ninja=ninja-build pkg-config=pkgconf curl=curl ca-certificates libpq-dev libpqxx-dev \
        libpistache-dev libboost-dev libicu-dev rapidjson-dev libctemplate-dev libsodium-dev libzxcvbn-dev \
        libcurl4-openssl-dev libqrencode-dev libpango1.0-dev libical-dev fonts-dejavu-core fonts-wqy-microhei \
        fonts-noto-core fonts-symbola fonts-hanazono \
        prometheus-cpp-dev doctest-dev "postgresql-$major" "postgresql-$major-cron" nginx-light \
        libnginx-mod-nchan libjs-bootstrap5
}

needed_to_test() {
    local major=$1
    say "postgresql-$major-pgtap" "postgresql-$major-plpgsql-check" libtap-parser-sourcehandler-pgtap-perl \
        node=nodejs npm=npm chromium=chromium zbarimg=zbar-tools pdftoppm=poppler-utils wrk=wrk python3-aiosmtpd openssl=openssl
}

# The newest PostgreSQL here that has pg_cron, else the distribution's.
postgres_major() {
    local file majors=()
    for file in /usr/lib/postgresql/*/lib/pg_cron.so; do
        [[ $file =~ ^/usr/lib/postgresql/([0-9]+)/ ]] && majors+=("${BASH_REMATCH[1]}")
    done
    if ((${#majors[@]})); then
        printf '%s\n' "${majors[@]}" | sort -n | tail -1
        return
    fi
    # shellcheck source=/dev/null
    case $(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}") in
    'debian 12') echo 15 ;;
    'debian 13') echo 17 ;;
    *) die "this is neither Debian 12 nor Debian 13, and there is no PostgreSQL with pg_cron" ;;
    esac
}

install_packages() {
    local entry missing=() sudo=()
    for entry in "$@"; do
        if [[ $entry == *=* ]]; then
            command -v "${entry%%=*}" >/dev/null || missing+=("${entry#*=}")
        else
            [[ $(dpkg-query -W -f '${db:Status-Status}' "$entry" 2>/dev/null) == installed ]] || missing+=("$entry")
        fi
    done
    # Compiled into nchan; nginx itself makes it only when it is started as root.
    [[ -d /var/lib/nginx/body ]] || missing+=(libnginx-mod-nchan)
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; } ||
            die "these packages are missing, and sudo is not at hand; as root: apt-get install ${missing[*]}"
        sudo=(sudo)
    fi
    say "installing ${missing[*]}"
    "${sudo[@]}" bash -c "$(declare -f apt_install); apt_install \"\$@\"" bash "${missing[@]}" </dev/null 2>&1 |
        tee "$logs/packages.log" | package_progress ||
        die "apt-get failed; $logs/packages.log ends with: $(grep -v '^$' "$logs/packages.log" | tail -n 1)"
}

# As root, in a shell of its own. PostgreSQL's and nginx's own services stay off: neither a cluster nor a web server of
# Debian's is wanted.
apt_install() {
    set -euo pipefail
    local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/boxoffice.conf nginx_was_there=0
    [[ -x /usr/sbin/nginx ]] && nginx_was_there=1
    for_now=("$cluster")
    trap 'rm -f "${for_now[@]}"' EXIT
    mkdir -p "${cluster%/*}" && echo 'create_main_cluster = false' >"$cluster"
    if [[ ! -e $policy ]]; then
        for_now+=("$policy")
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
    fi
    # English is what package_progress reads.
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
    apt-get update -o Acquire::Retries=3
    apt-get install -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -y --no-install-recommends "$@"
    mkdir -p /var/lib/nginx/body
    if ((!nginx_was_there)) && command -v systemctl >/dev/null; then systemctl disable nginx.service; fi
}

package_progress() {
    local line count=0
    while IFS= read -r line; do
        if [[ $line =~ ^'Need to get '(.*)' of archives' ]]; then say "  downloading ${BASH_REMATCH[1]}"; fi
        [[ $line == 'Setting up '* ]] || continue
        count=$((count + 1)) line=${line#Setting up }
        if [[ -t 1 ]]; then printf '\r\033[K  %d %s' "$count" "${line%% *}"; elif ((count % 25 == 0)); then say "  $count set up"; fi
    done
    ((count == 0)) || if [[ -t 1 ]]; then printf '\r\033[K  %d set up\n' "$count"; else say "  $count set up"; fi
}

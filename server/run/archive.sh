# shellcheck shell=bash
# `./boxoffice archive`: shows that are over into the archive, the archive into compressed files, and files back into the
# archive. A part of the script `boxoffice`, which sources it. What an archived show is, sql/archive/ says.

archive_usage="usage: ./boxoffice archive --before DATE [--to DIRECTORY] [--remove]
       ./boxoffice archive --read DIRECTORY"

archive() {
    local before='' directory='' remove=0 read=''
    while (($#)); do
        case $1 in
        --before | --to | --read)
            [[ -n ${2:-} ]] || die "$1 needs a value"$'\n'"$archive_usage"
            case $1 in
            --before) before=$2 ;;
            --to) directory=$2 ;;
            --read) read=$2 ;;
            esac
            shift
            ;;
        --remove) remove=1 ;;
        *) die "unknown option '$1'"$'\n'"$archive_usage" ;;
        esac
        shift
    done
    [[ -n $before || -n $read ]] && [[ -z $before || -z $read ]] || die "$archive_usage"
    running_settings
    if [[ -n $read ]]; then read_archive "$read"; else write_archive; fi
}

archive_tables() { sql -c 'select name from archive.show_tables() order by depth, name'; }

# write_archive: what ended before $before, to $directory, and with $remove out of the database.
write_archive() {
    local name shows script partial
    before=$(sql -v before="$before" -f - <<<"select to_char(:'before'::timestamptz at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') where :'before'::timestamptz < now()" 2>/dev/null) &&
        [[ -n $before ]] || die "--before is a date in the past, for example 2025-01-01"
    directory=$(realpath -m "${directory:-$home/archive/before-${before//:/}}")
    [[ ! -e $directory ]] || die "$directory exists already"
    say "archiving shows that ended before $before"
    sql -c "call archive.archive_shows('$before', null)" || die "the shows could not be archived"
    partial=$directory.partial
    rm -rf "$partial"
    (umask 077 && mkdir -p "$partial") || die "$partial cannot be written to"

    # One snapshot, so that the files fit each other, and what is removed is what was written.
    shows="select show_id from sales.shows where archived_at is not null and ends_at < '$before' and show_id not in (select show_id from archive.removed_shows)"
    script="begin isolation level repeatable read;"
    script+=$'\n'"\\copy (select * from sales.shows where show_id in ($shows)) to program 'gzip >\"$partial/shows.csv.gz\"' (format csv, header)"
    for name in documents $(archive_tables); do
        script+=$'\n'"\\copy (select * from archive.$name where show_id in ($shows)) to program 'gzip >\"$partial/$name.csv.gz\"' (format csv, header)"
    done
    script+=$'\n'"select count(*) from ($shows) as s;"
    if ((remove)); then
        script+=$'\n'"create temp table removed on commit drop as $shows;"
        for name in documents $(archive_tables); do
            script+=$'\n'"delete from archive.$name where show_id in (select show_id from removed);"
        done
        script+=$'\n'"insert into archive.removed_shows (show_id, directory) select show_id, '${directory//\'/\'\'}' from removed;"
    fi
    # The files are whole and named before the database forgets anything: a program that fails ends the transaction.
    script+=$'\n'"create temp table written (line text) on commit drop;"
    script+=$'\n'"\\copy written from program 'cd \"$partial\" && sha256sum -- *.csv.gz >SHA256SUMS && sync -f . && mv -T \"$partial\" \"$directory\"'"
    script+=$'\n'"commit;"
    sql -f - <<<"$script" >"$logs/archive.log" 2>&1 || die "the archive could not be written: $(grep -m 1 -i error "$logs/archive.log")"
    say "wrote $(head -n 1 "$logs/archive.log") shows to $directory"
    ((!remove)) || say "removed them from the database; ./boxoffice archive --read reads them back"
}

# read_archive DIRECTORY: its rows into the archive; what is there already stays as it is.
read_archive() {
    local directory name columns file script="begin;"
    directory=$(realpath -e "$1") || die "there is no directory '$1'"
    (cd "$directory" && sha256sum --quiet --strict -c SHA256SUMS) >"$logs/archive.log" 2>&1 ||
        die "$directory is not what was written: $(head -n 1 "$logs/archive.log")"
    for name in documents $(archive_tables); do
        file=$directory/$name.csv.gz
        # A table that is younger than these files.
        [[ -e $file ]] || continue
        columns=$(gzip -dc "$file" | head -n 1)
        script+=$'\n'"create temp table read_$name (like archive.$name) on commit drop;"
        script+=$'\n'"\\copy read_$name ($columns) from program 'gzip -dc \"$file\"' (format csv, header)"
        script+=$'\n'"insert into archive.$name ($columns) select $columns from read_$name on conflict do nothing;"
    done
    script+=$'\n'"delete from archive.removed_shows where show_id in (select show_id from read_documents union select show_id from read_show_seats);"
    script+=$'\n'"select count(distinct show_id) from read_show_seats;"
    script+=$'\n'"commit;"
    sql -f - <<<"$script" >"$logs/archive.log" 2>&1 || die "$directory could not be read: $(grep -m 1 -i error "$logs/archive.log")"
    say "read $(tail -n 1 "$logs/archive.log") shows from $directory"
}

# shellcheck shell=bash
# `./boxoffice import`: the catalogue from a file, all or nothing. A part of the script `boxoffice`, which sources it. What a file may
# hold, sql/catalog/import.sql says.

import_usage="usage: ./boxoffice import FILE [--what cities|venues|halls|events|shows] [--dry-run]
FILE is a JSON document, or the CSV of one list: --what, or the name of the file, says which"

import_file() {
    local file='' what='' dry_run=false lines
    while (($#)); do
        case $1 in
        --what)
            what=${2:-}
            [[ -n $what ]] || die "$import_usage"
            shift
            ;;
        --dry-run) dry_run=true ;;
        -*) die "unknown option '$1'"$'\n'"$import_usage" ;;
        *)
            [[ -z $file ]] || die "$import_usage"
            file=$1
            ;;
        esac
        shift
    done
    [[ -n $file ]] || die "$import_usage"
    [[ -r $file && ! -d $file ]] || die "there is no file '$file'"
    if [[ -z $what && $file == *.csv ]]; then
        what=$(basename "$file" .csv)
    fi
    running_settings
    # An argument would be too short for it.
    lines=$(IMPORT_FILE=$(realpath "$file") sql -v what="$what" -v dry_run="$dry_run" -f - 2>&1 <<'SQL'
\set content `cat "$IMPORT_FILE"`
select catalog.import_on_console(:'content', nullif(:'what', ''), :'dry_run');
SQL
    ) || die "the import failed: $(head -n 1 <<<"$lines" | sed 's/^.*ERROR:  //')"
    if [[ $lines == nothing* ]]; then
        say "$lines" >&2
        exit 1
    fi
    [[ $dry_run == false ]] || say "a dry run: nothing was written"
    say "$lines"
}

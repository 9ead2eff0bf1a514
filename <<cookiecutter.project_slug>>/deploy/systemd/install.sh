#!/bin/sh
# Install this project on this host, upgrade it, or roll it back. Run as root:
#
#   sudo sh deploy/systemd/install.sh                  install, or upgrade to this checkout
#   sudo sh deploy/systemd/install.sh rollback [ID]    activate the previous release, or the release ID
#   sudo sh deploy/systemd/install.sh run COMMAND...   run flask or python as the service's user, in its sandbox
#
# A release is a folder in /opt/<< cookiecutter.project_slug >>/releases, and the link `current` points to the active one: code, environment,
# units and the Nginx site are part of it. If it does not start, the previous one is activated again.
set -eu
umask 022
name="<< cookiecutter.project_slug >>"
user="<< cookiecutter.__system_user >>"
domain="<< cookiecutter.domain_name >>"
base=/opt/$name
releases=$base/releases
tls=/etc/nginx/$name-tls
source=$(cd "$(dirname "$0")/../.." && pwd)
unfinished=

die() { # REASON [COMMAND]: print both and exit.
    printf '  !!  %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '      then: %s\n' "$2" >&2
    exit 1
}

# Remove an incomplete release.
trap '[ -z "$unfinished" ] || rm -rf "$unfinished"' EXIT
trap 'exit 130' INT TERM HUP

in_service() { # PROPERTY FOLDER COMMAND...: run a command of a release as the service's user, in its sandbox.
    property=$1 folder=$2 program=$3
    shift 3
    systemd-run --quiet --collect --wait "$property" --unit="$name-run@$program-$$" \
        --property=WorkingDirectory="$folder" "$folder/.venv/bin/$program" "$@"
}

publish() { # FOLDER: publish a release's static files for Nginx, by hash, beside those of other releases.
    in_service --property=ReadWritePaths="/srv/$name" "$1" python -m scripts.publish_static "/srv/$name" ||
        die "the static files were not published, nothing has changed" "sudo journalctl --unit $name-run@python-$$"
}

migrate() { # FOLDER: apply a release's migrations; the output goes to the journal.
    if in_service --property=StandardOutput=journal "$1" flask db upgrade; then return; fi
    journalctl --unit "$name-run@flask-$$" --lines 5 --no-pager --output cat >&2 || true
    die "the database was not migrated, nothing has changed; see DATABASE_URL in /etc/$name/env" \
        "sudo journalctl --unit $name-run@flask-$$"
}

check_host() { # Check the requirements before anything is changed.
    for program in nginx openssl curl; do
        command -v "$program" >/dev/null || die "$program is not installed" "sudo apt install $program"
    done
    nginx -v 2>&1 | awk -F'[/. ]' '{ exit !($4 > 1 || $5 > 25 || $5 == 25 && $6 > 0) }' ||
        die "$(nginx -v 2>&1) is too old, 1.25.1 is needed" "see https://nginx.org/en/linux_packages.html"
    nginx -t -q || die "the current configuration of Nginx is invalid" "sudo nginx -t"
    [ ! -e "/usr/lib/systemd/system/$name.service" ] || die "this host already has another $name.service"
    home=$(getent passwd "$user" | cut -d: -f6)
    [ "${home:-/var/lib/$name}" = "/var/lib/$name" ] || die "this host already has another user $user"
    lock="<< {'venv': 'requirements.txt', 'poetry': 'poetry.lock', 'uv': 'uv.lock'}[cookiecutter.dependency_manager] >>"
    [ -e "$source/$lock" ] || die "there is no $lock" "make lock, and commit it"
# <% if cookiecutter.dependency_manager != "venv" %>
    manager="<< cookiecutter.dependency_manager >>"
    command -v "$manager" >/dev/null || die "$manager is not on root's PATH" "sudo pipx install --global $manager"
# <% endif %>
    python=${PYTHON:-python<< cookiecutter.python_version >>}
    command -v "$python" >/dev/null || python=python3
    command -v "$python" >/dev/null || die "Python is not installed" "sudo apt install python3-venv"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "$("$python" --version) is too old, 3.11 is needed" "sudo PYTHON=/path/to/python3 sh $0"
    case $("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))') in /home/* | /root/*)
        die "$python is in a home directory, which services cannot read" "sudo PYTHON=/usr/bin/python3 sh $0" ;;
    esac
    "$python" -c 'import ensurepip' 2>/dev/null || die "$python cannot create virtual environments" "sudo apt install python3-venv"
}

build() { # FOLDER: copy this checkout to a release, and install the packages of the lock.
    mkdir "$1"
    tar -C "$source" --exclude=./.git --exclude=./.venv --exclude=./.env --exclude=./instance --exclude=./backups \
        --exclude='./.*_cache' --exclude=__pycache__ -cf - . | tar -C "$1" --no-same-owner -xf -
    chmod -R u=rwX,go=rX "$1"
    cd "$1"
    "$python" -m venv .venv
# <% if cookiecutter.dependency_manager == "venv" %>
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
# <% endif %>
# <% if cookiecutter.dependency_manager == "poetry" %>
    POETRY_VIRTUALENVS_IN_PROJECT=true poetry sync --quiet --no-interaction --no-root --only main,prod
# <% endif %>
# <% if cookiecutter.dependency_manager == "uv" %>
    UV_PYTHON=.venv/bin/python UV_LINK_MODE=copy uv sync --quiet --locked --no-default-groups --group prod
# <% endif %>
    .venv/bin/python -m compileall -q .
    cd /
}

prepare() { # FOLDER: create what is missing of the files that releases share.
    install -D -m 644 "$1/deploy/systemd/sysusers.conf" "/etc/sysusers.d/$name.conf"
    install -D -m 644 "$1/deploy/systemd/tmpfiles.conf" "/etc/tmpfiles.d/$name.conf"
    systemd-sysusers "/etc/sysusers.d/$name.conf"
    systemd-tmpfiles --create "/etc/tmpfiles.d/$name.conf"
    if [ ! -e "/etc/$name/env" ]; then
# <% if cookiecutter.auth %>
        (umask 077 && sed -e "s/^SECRET_KEY=\$/&$(openssl rand -hex 32)/" -e "s/^TOTP_SECRET=\$/&$(openssl rand -hex 32)/" \
            "$1/deploy/systemd/env.example" >"/etc/$name/env.new")
# <% else %>
        (umask 077 && sed "s/^SECRET_KEY=\$/&$(openssl rand -hex 32)/" "$1/deploy/systemd/env.example" >"/etc/$name/env.new")
# <% endif %>
        mv "/etc/$name/env.new" "/etc/$name/env"
        echo "  ok  /etc/$name/env, with a new secret key"
    fi
    if [ ! -e "$tls/fullchain.pem" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 -subj "/CN=$name" \
            -addext "subjectAltName=DNS:$domain" -keyout "$tls/privkey.pem" -out "$tls/fullchain.pem" 2>/dev/null
        echo "  ok  a self-signed certificate in $tls; see README.md for a real one"
    fi
    install -D -m 644 "$1/deploy/systemd/sandbox.conf" "/etc/systemd/system/$name-run@.service.d/sandbox.conf"
    systemctl daemon-reload
}

activate() { # ID: activate a release; fails if it does not start.
    ln -sfn "releases/$1" "$base/current.new" && mv -T "$base/current.new" "$base/current"
    units=/etc/systemd/system here=$base/current/deploy/systemd enabled="$name.service $name-backup.timer"
    own="web.service web.socket backup.service backup.timer" restarted="$name.service"
# <% if cookiecutter.jobs == "celery" %>
    # Workers finish their tasks, within JOB_SECONDS.
    own="$own worker.service scheduler.service" restarted="$restarted $name-worker.service $name-scheduler.service"
    enabled="$enabled $name-worker.service $name-scheduler.service"
# <% endif %>
    for unit in $own; do
        [ -e "$here/$unit" ] || continue
        case $unit in web.*) installed=$name.${unit#*.} ;; *) installed=$name-$unit ;; esac
        install -m 644 "$here/$unit" "$units/$installed"
        [ "$unit" != web.socket ] || enabled="$enabled $installed"
        [ "${unit#*.}" != service ] || install -D -m 644 "$here/sandbox.conf" "$units/$installed.d/sandbox.conf"
    done
    ln -sfn "$base/current/deploy/nginx" "/etc/nginx/$name"
    ln -sfn "../$name/site.conf" "/etc/nginx/conf.d/$name.conf"
    # The default server for unknown hosts, unless this host already has one.
    rm -f "/etc/nginx/conf.d/$name-default.conf"
    nginx -T 2>/dev/null | grep -q '^[^#]*default_server' ||
        ln -s "../$name/default.conf" "/etc/nginx/conf.d/$name-default.conf"
    # Checked with the public key of the site, because Nginx responds with other sites until it has reloaded.
    key=$(openssl x509 -in "$tls/fullchain.pem" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
    # shellcheck disable=SC2086 # one word for each unit
    nginx -t -q && systemctl daemon-reload && systemctl enable --quiet nginx $enabled &&
        systemctl restart $restarted && systemctl start $enabled && systemctl reload-or-restart nginx &&
        curl --silent --fail --output /dev/null --insecure --pinnedpubkey "sha256//$key" --noproxy '*' --max-time 5 \
            --retry 30 --retry-delay 1 --retry-all-errors --resolve "$domain:443:127.0.0.1" "https://$domain/readyz"
}

withdraw() { # Deactivate a first installation that does not start.
    systemctl disable --quiet --now "$name.socket" "$name.service" "$name-backup.timer" 2>/dev/null || true
# <% if cookiecutter.jobs == "celery" %>
    systemctl disable --quiet --now "$name-worker.service" "$name-scheduler.service" 2>/dev/null || true
# <% endif %>
    rm -f "/etc/nginx/conf.d/$name.conf" "/etc/nginx/conf.d/$name-default.conf" "$base/current"
    systemctl reload nginx || true
}

put_into_service() { # ID: activate a release; if it fails, activate the previous one, `before`.
    # From here on Ctrl-C is ignored until the release is active or rolled back.
    trap '' INT TERM HUP
    before=$(basename "$(readlink "$base/current" || true)")
    # In a subshell, so that the first failure ends it.
    set +e
    (set -e; activate "$1")
    status=$?
    set -e
    [ $status != 0 ] || return 0
    journalctl --unit "$name.service" --lines 15 --no-pager --output cat >&2 || true
    if [ -n "$before" ]; then activate "$before" || true; else withdraw; fi
    die "release $1 did not start: ${before:-nothing} is in service" "sudo journalctl --unit $name"
}

upgrade() {
    check_host
    id=$(date -u +%Y%m%dT%H%M%SZ)
    mkdir -p "$releases"
    unfinished=$releases/$id
    build "$unfinished"
    prepare "$unfinished"
    publish "$unfinished"
    migrate "$unfinished"
    put_into_service "$id"
    unfinished=
    # A link to the previous release, for a rollback. Keep both, and the last three others.
    [ -z "$before" ] || ln -sfn "../$before" "$releases/$id/.previous"
    find "$releases" -mindepth 1 -maxdepth 1 ! -name "$id" ! -name "$before" | sort | head -n -3 | xargs -r rm -rf
    echo "  ok  release $id is in service: https://$domain"
}

rollback() { # [ID]
    id=${1:-$(basename "$(readlink "$base/current/.previous")")}
    [ -d "$releases/${id:-none}" ] || die "this release does not exist" "ls $releases"
    put_into_service "$id"
    echo "  ok  release $id is in service; the database was not changed"
}

[ "$(id -u)" = 0 ] || die "only root can do this" "sudo sh $0 $*"
[ -d /run/systemd/system ] || die "systemd is not running"
[ -S /run/dbus/system_bus_socket ] || die "D-Bus is not installed" "sudo apt install dbus"
[ -e "$base/current" ] || [ "${1:-install}" = install ] || die "nothing is installed yet" "sudo sh $0"
case ${1:-install} in
    install | rollback)
        exec 9>"/run/lock/$name.install"
        flock --nonblock 9 || die "another installation is running"
        if [ "${1:-install}" = install ]; then upgrade; else rollback "${2:-}"; fi
        ;;
    run)
        [ $# -gt 1 ] || die "no command given" "sudo sh $0 run flask doctor"
        shift
        [ -t 0 ] && output=--pty || output=--pipe
        in_service "$output" "$base/current" "$@"
        ;;
    *) die "unknown command $1" "sudo sh $0 [install | rollback [ID] | run COMMAND...]" ;;
esac

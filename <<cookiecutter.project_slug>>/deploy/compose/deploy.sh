#!/bin/sh
# Replace the running release without losing a request: the new one serves before the old one is asked to stop.
#   deploy.sh            build and migrate what is checked out
#   deploy.sh RELEASE    go to an image that is there already (`previous`, or see docker images); migrates nothing
set -eu
cd "$(dirname "$0")/../.."
name=<< cookiecutter.project_slug >>
upstream=deploy/nginx/upstream.conf

# Whom Nginx asks between deployments: whoever Docker knows by the name.
by_name() {
    for _ in 1 2 3 4; do echo "server web:8000 max_fails=0;"; done
}

in_nginx() {
    docker compose exec -T nginx "$@"
}

# Let Nginx read its configuration, and wait until the workers that know only the one before have finished.
reload() {
    before=$(in_nginx cat /proc/1/task/1/children)
    in_nginx nginx -q -c "/etc/nginx/$name/nginx.conf" -s reload
    left=10
    while [ $left -gt 0 ]; do
        sleep 1
        left=$((left - 1))
        now=" $(in_nginx cat /proc/1/task/1/children) "
        for worker in $before; do
            case $now in *" $worker "*) continue 2 ;; esac
        done
        return 0
    done
    # Some of them still wait for slow clients. That is fine, unless all of them are the old ones.
    if [ "$now" = " $before " ]; then
        echo "Nginx does not take its configuration: docker compose logs nginx" >&2
        return 1
    fi
}

old=$(docker compose ps --quiet --status running web)
if [ -z "$old" ] || [ -z "$(docker compose ps --quiet --status running nginx)" ]; then
    echo "web and nginx do not both run here: make up" >&2
    exit 1
fi
# <% if cookiecutter.database == "postgresql" %>
# Compose would start it, or replace it where its definition has changed, and neither is part of a release.
if [ "$(docker compose ps --format '{{.Health}}' postgres)" != healthy ]; then
    echo "postgres is not well: docker compose up --detach --wait postgres" >&2
    exit 1
fi
# <% endif %>
if ! mkdir secrets/deploying 2>/dev/null; then
    echo "another deployment is under way; if that is wrong: rmdir secrets/deploying" >&2
    exit 1
fi
# What serves is not always `latest`, which whoever builds an image may move.
image=$(docker inspect --format '{{.Image}}' "$(echo "$old" | head -n 1)")

# Until the new release serves, everything is put back whatever happens.
undo() {
    code=$?
    trap - EXIT
    trap '' INT TERM HUP
    by_name >"$upstream"
    docker tag "$image" "$name:latest"
    oneoff="--filter label=com.docker.compose.oneoff=True --filter label=com.docker.compose.service=release"
    # shellcheck disable=SC2086 # two words each
    for container in $(docker ps --quiet --filter "label=com.docker.compose.project=$name" $oneoff); do
        docker stop "$container" >/dev/null
    done
    for container in $(docker compose ps --all --quiet web); do
        case $old in *"$container"*) continue ;; esac
        echo "--- the last that the new release said:" >&2
        docker logs --tail 20 "$container" >&2
        docker rm --force "$container" >/dev/null
    done
    rmdir secrets/deploying
    echo "the release before goes on serving, nothing was replaced" >&2
    exit "$code"
}
trap undo EXIT
trap 'exit 130' INT TERM HUP

docker compose rm --force web >/dev/null # what has stopped already would be started again instead of a new one
in_nginx nginx -q -t -c "/etc/nginx/$name/nginx.conf"
if [ $# -gt 0 ]; then
    docker tag "$name:$1" "$name:latest"
    docker compose run --rm --no-deps release python -m scripts.publish_static /srv/static
else
    docker compose build web
    docker compose run --rm --no-deps release
fi

count=$(($(echo "$old" | wc -l) + ${WEB_REPLICAS:-1}))
docker compose up --detach --no-deps --no-recreate --wait --wait-timeout 120 --scale web=$count web

# From here on the new release alone is asked, by its addresses: the name stands for the old one, too.
new=
for container in $(docker compose ps --quiet web); do
    case $old in *"$container"*) continue ;; esac
    address=$(docker inspect --format "{{(index .NetworkSettings.Networks \"${name}_front\").IPAddress}}" "$container")
    for _ in 1 2 3 4; do
        new="$new
server $address:8000 max_fails=0;"
    done
done
echo "$new" >"$upstream"
reload

# It serves. What is left is not to be interrupted.
trap '' INT TERM HUP
trap - EXIT
for container in $old; do
    docker stop "$container" >/dev/null
    docker rm "$container" >/dev/null
done
# <% if cookiecutter.jobs == "celery" %>
# Workers finish what they have begun, and then the new ones take over. Made anew in any case, because a secret that has
# changed is no reason for Compose to do so.
docker compose up --detach --no-deps --force-recreate worker scheduler
# <% endif %>
by_name >"$upstream"
reload || true
rmdir secrets/deploying

release=${1:-$(git describe --always --dirty 2>/dev/null || date -u +%Y%m%dT%H%M%SZ)}
docker tag "$name:latest" "$name:$release"
if [ "$image" != "$(docker image inspect --format '{{.Id}}' "$name:latest")" ]; then
    docker tag "$image" "$name:previous"
    echo "$name:$release serves; back to the one before: make deploy RELEASE=previous"
else
    echo "$name:$release serves, the same image as before"
fi

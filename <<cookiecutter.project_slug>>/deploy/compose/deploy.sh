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
    for _ in 1 2 3 4; do echo "server web:8000 max_fails=0;"; done >"$upstream"
}

in_nginx() {
    docker compose exec -T nginx "$@"
}

# Let Nginx read its configuration, and wait until the workers that know only the one before have finished.
reload() {
    before=$(in_nginx cat /proc/1/task/1/children) || return 1
    in_nginx nginx -q -c "/etc/nginx/$name/nginx.conf" -s reload || return 1
    left=10
    while [ $left -gt 0 ]; do
        sleep 1
        left=$((left - 1))
        now=$(in_nginx cat /proc/1/task/1/children) || return 1
        for worker in $before; do
            case " $now " in *" $worker "*) continue 2 ;; esac
        done
        return 0
    done
    # Some of them still wait for slow clients. That is fine, unless all of them are the old ones.
    if [ "$now" = "$before" ]; then
        echo "Nginx does not take its configuration: docker compose logs nginx" >&2
        return 1
    fi
}

# Let Nginx ask these containers alone, by their addresses: the name stands for others, too.
ask_only() {
    for container in $1; do
        address=$(docker inspect --format "{{(index .NetworkSettings.Networks \"${name}_front\").IPAddress}}" "$container")
        for _ in 1 2 3 4; do echo "server $address:8000 max_fails=0;"; done
    done >"$upstream"
    reload
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
# What serves is not always `latest`, which whoever builds an image may move.
image=$(docker inspect --format '{{.Image}}' "$(echo "$old" | head -n 1)")
if ! mkdir secrets/deploying 2>/dev/null; then
    echo "another deployment is under way; if that is wrong: rmdir secrets/deploying" >&2
    exit 1
fi
new=

# Until the new release serves, everything is put back whatever happens.
undo() {
    code=$?
    trap '' INT TERM HUP PIPE
    trap - EXIT
    set +e
    docker tag "$image" "$name:latest"
    oneoff="--filter label=com.docker.compose.oneoff=True --filter label=com.docker.compose.service=release"
    # shellcheck disable=SC2086 # two words each
    for container in $(docker ps --quiet --filter "label=com.docker.compose.project=$name" $oneoff); do
        docker stop "$container" >/dev/null
    done
    # Nginx may ask the new release already, and then it must have left it before that goes.
    if [ -z "$new" ] || ask_only "$old"; then
        for container in $(docker compose ps --all --quiet web); do
            case $old in *"$container"*) continue ;; esac
            echo "--- the last that the new release said:" >&2
            docker logs --tail 20 "$container" >&2
            docker rm --force "$container" >/dev/null
        done
        by_name
        [ -z "$new" ] || reload
        echo "the release before goes on serving, nothing was replaced" >&2
    else
        by_name
        echo "Nginx may ask the new release already, so both go on; when Nginx is well: make deploy" >&2
    fi
    rmdir secrets/deploying
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

for container in $(docker compose ps --quiet web); do
    case $old in *"$container"*) continue ;; esac
    new="$new $container"
done
ask_only "$new"

# It serves. What is left is not to be interrupted, and each part of it is done whatever becomes of the others.
set +e
trap '' INT TERM HUP PIPE
trap 'rmdir secrets/deploying' EXIT
failed=
by_name # for an Nginx that is started again; this one goes on with the addresses that it has read
stuck=
for container in $old; do
    docker stop "$container" >/dev/null && docker rm "$container" >/dev/null || stuck="$stuck $container"
done
if [ -z "$stuck" ]; then
    reload
else
    echo "the new release serves alone, but the one before could not be removed: docker rm --force$stuck" >&2
    failed=yes
fi

release=${1:-$(git describe --always --dirty 2>/dev/null || date -u +%Y%m%dT%H%M%SZ)}
docker tag "$name:latest" "$name:$release"
if [ "$image" != "$(docker image inspect --format '{{.Id}}' "$name:latest")" ]; then
    docker tag "$image" "$name:previous"
    echo "$name:$release serves; back to the one before: make deploy RELEASE=previous"
else
    echo "$name:$release serves, the same image as before"
fi
# <% if cookiecutter.jobs == "celery" %>
# Workers finish what they have begun, and then the new ones take over. Made anew in any case, because a secret that has
# changed is no reason for Compose to do so.
if ! docker compose up --detach --no-deps --force-recreate worker scheduler; then
    echo "worker and scheduler may be those of before: docker compose up --detach --no-deps --force-recreate worker scheduler" >&2
    failed=yes
fi
# <% endif %>
[ -z "$failed" ]

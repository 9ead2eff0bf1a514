#!/bin/sh
# Replace the running release without losing a request: the new one is ready before the old one is stopped.
#   deploy.sh            build the checkout, and apply its migrations
#   deploy.sh RELEASE    switch to an existing image (`previous`, or see docker images), without migrations
set -eu
cd "$(dirname "$0")/../.."
name=<< cookiecutter.project_slug >>
upstream=deploy/nginx/upstream.conf

# Between deployments Nginx resolves the name of the service.
use_service_name() {
    sh deploy/compose/prepare.sh
}

in_nginx() {
    docker compose exec -T nginx "$@"
}

# Reload Nginx, and wait until the workers with the previous configuration have finished.
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
    # Some workers still serve slow clients. That is fine, unless all workers are old.
    if [ "$now" = "$before" ]; then
        echo "Nginx did not reload its configuration; see: docker compose logs nginx" >&2
        return 1
    fi
}

# Send requests only to these containers, by IP address: the name resolves to those that are not healthy too.
use_containers() {
    for container in $1; do
        address=$(docker inspect --format "{{(index .NetworkSettings.Networks \"${name}_front\").IPAddress}}" "$container")
        for _ in 1 2 3 4; do echo "server $address:8000 max_fails=0;"; done
    done >"$upstream"
    reload
}

# Return to the name of the service. Nginx keeps the addresses, too, until it has resolved the name.
return_to_service_name() {
    servers=$(cat "$upstream")
    use_service_name
    echo "$servers" >>"$upstream"
    reload
    use_service_name
    reload
}

old=$(docker compose ps --quiet --status running web)
if [ -z "$old" ] || [ -z "$(docker compose ps --quiet --status running nginx)" ]; then
    echo "web and nginx are not both running; run: make up" >&2
    exit 1
fi
# The running image is not always `latest`, a tag that every build moves.
image=$(docker inspect --format '{{.Image}}' "$(echo "$old" | head -n 1)")
if ! mkdir secrets/deploying 2>/dev/null; then
    echo "another deployment is in progress; if not, run: rmdir secrets/deploying" >&2
    exit 1
fi
pinned=

# Undo everything if a step fails before the new release serves.
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
    # Nginx may already use the new release, and must stop that before it is removed.
    if [ -z "$pinned" ] || use_containers "$old"; then
        for container in $(docker compose ps --all --quiet web); do
            case $old in *"$container"*) continue ;; esac
            echo "--- the last lines of the new release's log:" >&2
            docker logs --tail 20 "$container" >&2
            docker rm --force "$container" >/dev/null
        done
        [ -z "$pinned" ] || return_to_service_name
        echo "the previous release stays live, nothing was replaced" >&2
    else
        use_service_name
        echo "Nginx may already use the new release, so both keep running; fix Nginx, then run: make deploy" >&2
    fi
    rmdir secrets/deploying
    exit "$code"
}
trap undo EXIT
trap 'exit 130' INT TERM HUP

docker compose rm --force web >/dev/null # a stopped container would be restarted instead of a new one
in_nginx nginx -q -t -c "/etc/nginx/$name/nginx.conf"
if [ $# -gt 0 ]; then
    docker tag "$name:$1" "$name:latest"
    docker compose run --rm --no-deps release python -m scripts.publish_static /srv/static
else
    docker compose build web
    docker compose run --rm --no-deps release
fi

# The new containers get the name before they are ready.
pinned=yes
use_containers "$old"
settings=$(docker compose config web)
replicas=$(echo "$settings" | sed -n 's/^    scale: //p')
docker compose up --detach --no-deps --no-recreate --wait --wait-timeout 120 \
    --scale web=$(($(echo "$old" | wc -l) + replicas)) web

new=
for container in $(docker compose ps --quiet web); do
    case $old in *"$container"*) continue ;; esac
    new="$new $container"
done
use_containers "$new"

# The new release serves. The remaining steps are not interrupted, and each runs even if another one fails.
set +e
trap '' INT TERM HUP PIPE
trap 'rmdir secrets/deploying' EXIT
failed=
# shellcheck disable=SC2086 # one word each
if docker stop $old >/dev/null && docker rm $old >/dev/null; then
    return_to_service_name
else
    use_service_name
    echo "the new release is live, but the previous one could not be removed; run: docker rm --force" $old >&2
    failed=yes
fi

release=${1:-$(git describe --always --dirty 2>/dev/null || date -u +%Y%m%dT%H%M%SZ)}
docker tag "$name:latest" "$name:$release"
[ "$image" = "$(docker image inspect --format '{{.Id}}' "$name:latest")" ] || docker tag "$image" "$name:previous"
echo "$name:$release is live; to roll back, run: make deploy RELEASE=previous"
# <% if cookiecutter.jobs == "celery" %>
# Workers finish their tasks, then the new ones take over. They are always recreated, because Compose does not notice
# changed secrets.
if ! docker compose up --detach --no-deps --force-recreate worker scheduler; then
    echo "worker and scheduler may still be the previous ones; run: docker compose up --detach --no-deps --force-recreate worker scheduler" >&2
    failed=yes
fi
# <% endif %>
[ -z "$failed" ]

#!/bin/sh
# Replace the running release without losing a request: the new one is ready before the old one is stopped.
#   deploy.sh            build the checkout, or pull the image $IMAGE, and apply its migrations
#   deploy.sh RELEASE    switch to an existing image (`previous`, or see docker images), without migrations
# shellcheck disable=SC2086 # variables hold lists of words
set -eu
cd "$(dirname "$0")/../.."
name=<< cookiecutter.project_slug >>
upstream=deploy/nginx/upstream.conf
by_name=$upstream.by-name # the original, while there are addresses in its place; prepare.sh restores it too
services="<< "web worker scheduler" if cookiecutter.jobs == "celery" else "web" >>"

nginx_workers() {
    docker compose exec -T nginx sh -c 'cat /proc/$(cat /tmp/nginx.pid)/task/*/children'
}

# Reload Nginx, and wait until the workers with the previous configuration have finished.
reload() {
    before=$(nginx_workers) || return 1
    docker compose exec -T nginx nginx -q -c "/etc/nginx/$name/nginx.conf" -s reload || return 1
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 1
        now=$(nginx_workers) || return 1
        [ -n "$(printf '%s\n' $before $now | sort | uniq -d)" ] || return 0
    done
    # Some workers still serve slow clients. That is fine, unless all workers are old.
    [ "$now" != "$before" ] || { echo "Nginx did not reload; see: docker compose logs nginx" >&2; return 1; }
}

# Send requests only to these containers, by IP address: the name resolves to those that are not healthy too.
use_containers() {
    [ -e "$by_name" ] || mv "$upstream" "$by_name" || return 1
    for container in $1; do
        address=$(docker inspect --format "{{(index .NetworkSettings.Networks \"${name}_front\").IPAddress}}" "$container")
        for _ in 1 2 3 4; do echo "server $address:8000 max_fails=0;"; done
    done >"$upstream"
    reload
}

# Return to the name of the service. Nginx keeps the addresses, too, until it has resolved the name.
return_to_service_name() {
    cat "$by_name" >>"$upstream"
    reload
    mv "$by_name" "$upstream"
    reload
}

# The containers of these services that this deployment has started.
new_of() {
    for container in $(docker compose ps --all --quiet "$@"); do
        case $old in *"$container"*) ;; *) echo "$container" ;; esac
    done
}

web=$(docker compose ps --quiet --status running web)
if [ -z "$web" ] || [ -z "$(docker compose ps --quiet --status running nginx)" ]; then
    echo "web and nginx are not both running; run: make up" >&2
    exit 1
fi
# The running image is not always `latest`, a tag that every build moves.
image=$(docker inspect --format '{{.Image}}' "$(echo "$web" | head -n 1)")
# A stopped container would be started again instead of a new one.
docker compose rm --force $services >/dev/null
old=$(docker compose ps --all --quiet $services)
if ! mkdir secrets/deploying 2>/dev/null; then
    echo "another deployment is in progress; if not, run: rmdir secrets/deploying" >&2
    exit 1
fi

# Undo everything if a step fails before the new release serves.
undo() {
    code=$?
    trap '' INT TERM HUP PIPE
    trap - EXIT
    set +e
    docker tag "$image" "$name:latest"
    labels="--filter label=com.docker.compose.project=$name --filter label=com.docker.compose.oneoff=True"
    docker ps --quiet $labels --filter label=com.docker.compose.service=release | xargs -r docker stop >/dev/null
    # Nginx may already use the new release, and must stop that before it is removed.
    if [ ! -e "$by_name" ] || use_containers "$web"; then
        for container in $(new_of $services); do
            docker inspect --format "--- {{.Name}}, out of memory: {{.State.OOMKilled}}, the end of its log:" "$container" >&2
            docker logs --tail 20 "$container" >&2
            docker stop "$container" >/dev/null && docker rm "$container" >/dev/null
        done
        [ ! -e "$by_name" ] || return_to_service_name
        echo "the previous release stays live, nothing was replaced" >&2
    else
        mv "$by_name" "$upstream"
        echo "Nginx may already use the new release, so both keep running; fix Nginx, then run: make deploy" >&2
    fi
    rmdir secrets/deploying
    exit "$code"
}
trap undo EXIT
trap 'exit 130' INT TERM HUP

sh deploy/compose/prepare.sh
docker compose exec -T nginx nginx -q -t -c "/etc/nginx/$name/nginx.conf"
if [ $# -gt 0 ]; then
    docker tag "$name:$1" "$name:latest"
    docker compose run --rm --no-deps release python -m scripts.publish_static /srv/static
else
    if [ "${IMAGE:-}" ]; then
        docker pull --quiet "$IMAGE"
        docker tag "$IMAGE" "$name:latest"
    else
        docker compose build web
    fi
    docker compose run --rm --no-deps release
fi

# The new containers get the name before they are ready.
use_containers "$web"
scales=
for service in $services; do
    wanted=$(docker compose config "$service" | sed -n "/^  $service:/,/^  [a-z]/s/^    scale: //p")
    scales="$scales --scale $service=$((${wanted:-1} + $(docker compose ps --all --quiet "$service" | wc -l)))"
done
docker compose up --detach --no-recreate $scales $services
# Not by `--wait`, which waits for the old ones too, and for ever if a new one crashes and is started again.
left=120
for container in $(new_of $services); do
    while state=$(docker inspect --format '{{.RestartCount}} {{.State.Health.Status}}' "$container"); [ "$state" != "0 healthy" ]; do
        [ "$state" = "0 starting" ] && [ $((left -= 1)) -gt 0 ] || exit 1
        sleep 1
    done
done
use_containers "$(new_of web)"

# The new release serves. The remaining steps are not interrupted, and each runs even if another one fails.
set +e
trap '' INT TERM HUP PIPE
trap 'rmdir secrets/deploying' EXIT
if docker stop $web >/dev/null; then return_to_service_name; else mv "$by_name" "$upstream"; fi
release=${1:-${IMAGE:+${IMAGE##*:}}}
release=${release:-$(git describe --always --dirty 2>/dev/null || date -u +%Y%m%dT%H%M%SZ)}
docker tag "$name:latest" "$name:$release"
[ "$image" = "$(docker image inspect --format '{{.Id}}' "$name:latest")" ] || docker tag "$image" "$name:previous"
echo "$name:$release is live; to undo, run: make deploy RELEASE=previous"
# Workers finish their tasks.
if ! docker stop $old >/dev/null || ! docker rm $old >/dev/null; then
    echo "the new release is live, but the previous one could not be removed; run: docker rm --force" $old >&2
    exit 1
fi

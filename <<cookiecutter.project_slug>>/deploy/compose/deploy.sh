#!/bin/sh
# Replace the running release without losing a request: the new container serves before the old one stops.
#   deploy.sh            build and migrate what is checked out
#   deploy.sh RELEASE    go to an image that is there already (`previous`, or see docker images); migrates nothing
set -eu
cd "$(dirname "$0")/../.."
image=<< cookiecutter.project_slug >>

# Nginx learns the addresses of the web containers when it reads its configuration.
look_again() {
    docker kill --signal HUP "$(docker compose ps --quiet nginx)" >/dev/null
}

old=$(docker compose ps --quiet --status running web)
if [ -z "$old" ]; then
    echo "nothing runs here yet: make up" >&2
    exit 1
fi
count=$(echo "$old" | wc -l)
before=$(docker image inspect --format '{{.Id}}' "$image:latest")

# Until the new release serves, the name `latest` and the containers are put back whatever happens.
undo() {
    code=$?
    trap - EXIT
    docker tag "$before" "$image:latest"
    for container in $(docker compose ps --all --quiet web); do
        echo "$old" | grep -q "$container" || docker rm --force "$container" >/dev/null
    done
    echo "the release before goes on serving, nothing was replaced" >&2
    exit "$code"
}
trap undo EXIT
trap 'exit 130' INT TERM HUP

if [ $# -gt 0 ]; then
    docker tag "$image:$1" "$image:latest"
    docker compose run --rm --no-deps release cp -Rp app/static/. /srv/static/
else
    docker compose build web
    docker compose run --rm release
fi

docker compose up --detach --no-deps --no-recreate --wait --wait-timeout 120 --scale web=$((2 * count)) web
look_again
trap - EXIT INT TERM HUP

# They finish what they have begun; Nginx repeats elsewhere what they no longer accept.
for container in $old; do
    docker stop "$container" >/dev/null
    look_again
    docker rm "$container" >/dev/null
done

release=${1:-$(git rev-parse --short HEAD 2>/dev/null || date -u +%Y%m%dT%H%M%SZ)}
docker tag "$image:latest" "$image:$release"
docker tag "$before" "$image:previous"
echo "$image:$release serves; back to the one before: make deploy RELEASE=previous"

#!/bin/sh
# Start the image as narrowly as a cluster may (any user, no capabilities, nothing to write to), ask it for pages, and end it.
# Usage: ci/try-image.sh IMAGE
set -eu
image=$1
name=try-image-$$
secret=$(od -An -N 32 -tx1 /dev/urandom | tr -d ' \n')

finish() {
    status=$?
    [ "$status" = 0 ] || docker logs "$name" >&2 || true
    docker rm --force "$name" >/dev/null 2>&1 || true
    docker network rm "$name" >/dev/null 2>&1 || true
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

docker network create "$name" >/dev/null
docker run --detach --name "$name" --network "$name" --network-alias web \
    --user 12345 --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp \
    --env DATABASE_URL=sqlite:////tmp/try.db --env SECRET_KEY="$secret" --env TRUSTED_HOSTS=web \
# <% if cookiecutter.jobs == "celery" %>
    --env BROKER_URL=redis://127.0.0.1:6379/1 \
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
    --env REDIS_URL=redis://127.0.0.1:6379 \
# <% endif %>
    "$image" >/dev/null

# The image's own health check asks /healthz.
waited=0
until [ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ]; do
    [ "$waited" -lt 60 ] || { echo "The image does not become healthy." >&2; exit 1; }
    sleep 1
    waited=$((waited + 1))
done
docker exec "$name" flask db upgrade

# From another container, so that it must listen to more than itself. The image brings the client.
docker run --rm --network "$name" "$image" python -c '
from urllib.request import urlopen
# <% if cookiecutter.auth %>
for path in ("/healthz", "/readyz", "/", "/account/login"):
# <% else %>
for path in ("/healthz", "/readyz", "/"):
# <% endif %>
    with urlopen("http://web:8000" + path, timeout=10) as answer:
        print(answer.status, path)
'

docker stop -t 40 "$name" >/dev/null
ended=$(docker inspect --format '{{.State.ExitCode}}' "$name")
[ "$ended" = 0 ] || { echo "It should exit 0 on SIGTERM, and exits $ended." >&2; exit 1; }
echo "The image serves, and ends when it is told to."

#!/bin/sh
# Run the image unprivileged (any user, no capabilities, a read-only file system), smoke-test it, and stop it.
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

# The image's health check requests /healthz.
waited=0
until [ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ]; do
    [ "$waited" -lt 60 ] || { echo "The container did not become healthy." >&2; exit 1; }
    sleep 1
    waited=$((waited + 1))
done
docker exec "$name" flask db upgrade

# From another container, so that it must listen on more than the loopback interface.
docker run --rm --network "$name" "$image" python -c '
from urllib.request import urlopen
# <% if cookiecutter.auth %>
for path in ("/healthz", "/readyz", "/", "/account/login"):
# <% else %>
for path in ("/healthz", "/readyz", "/"):
# <% endif %>
    with urlopen("http://web:8000" + path, timeout=10) as response:
        print(response.status, path)
'

docker stop -t 40 "$name" >/dev/null
ended=$(docker inspect --format '{{.State.ExitCode}}' "$name")
[ "$ended" = 0 ] || { echo "Expected exit code 0 after SIGTERM, got $ended." >&2; exit 1; }
echo "The image serves pages and stops cleanly."

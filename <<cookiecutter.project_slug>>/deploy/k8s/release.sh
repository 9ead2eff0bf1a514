#!/bin/sh
# Deploy an overlay: first the settings, then the migration, and the pods after it has succeeded.
#   deploy/k8s/release.sh staging
set -eu
cd "$(dirname "$0")/overlays/${1:?which overlay, staging or production}"
manifests=$(mktemp)
trap 'rm -f "$manifests"' EXIT
kubectl kustomize . >"$manifests"
namespace=$(sed -n 's/^namespace: "*\([a-z0-9-]*\)"*$/\1/p' kustomization.yaml)

here() { # WORDS...: kubectl in the overlay's namespace.
    kubectl --namespace "$namespace" "$@"
}

fail() { # REASON: list the pods, and exit.
    here get pods --output wide >&2 || true
    echo "$1; the pods of the previous release stay live." >&2
    exit 1
}

here delete job migrate --ignore-not-found
# <% if cookiecutter.jobs == "celery" %>
# Workers too are replaced after the migration.
kubectl apply --selector 'app.kubernetes.io/component notin (web, worker, scheduler)' --filename "$manifests"
# <% else %>
kubectl apply --selector app.kubernetes.io/component!=web --filename "$manifests"
# <% endif %>
# Five minutes to start, in case the image cannot be pulled, and then a little more than the Job's own deadline.
started=$(date +%s)
deadline=$((started + 300))
while :; do
    state=$(here --request-timeout 20s get job migrate --ignore-not-found --output 'jsonpath=known {.status.conditions[*].type}') || state=unknown
    case $state in
        *Complete*) break ;;
        *Failed*)
            here logs job/migrate || true
            fail "The migration failed"
            ;;
        "") fail "The Job of the migration was deleted" ;;
    esac
    case $(here --request-timeout 20s get pods --selector job-name=migrate --output 'jsonpath={.items[*].status.phase}') in
        *Running* | *Succeeded* | *Failed*) deadline=$((started + 2400)) ;;
    esac
    [ "$(date +%s)" -lt "$deadline" ] || fail "The migration timed out"
    sleep 1
done
kubectl apply --filename "$manifests"
here rollout status deployment/web --timeout 10m || fail "The new pods are not ready"
# <% if cookiecutter.jobs == "celery" %>
here rollout status deployment/worker --timeout 10m || fail "The new workers are not ready"
# <% endif %>

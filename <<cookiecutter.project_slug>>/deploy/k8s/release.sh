#!/bin/sh
# Roll an overlay out: settings first, then the migration, and the pods when it has succeeded.
#   deploy/k8s/release.sh staging
set -eu
cd "$(dirname "$0")/overlays/${1:?which overlay, staging or production}"
manifests=$(mktemp)
trap 'rm -f "$manifests"' EXIT
kubectl kustomize . >"$manifests"
namespace=$(sed -n 's/^namespace: "*\([a-z0-9-]*\)"*$/\1/p' kustomization.yaml)

kubectl --namespace "$namespace" delete job migrate --ignore-not-found
# <% if cookiecutter.jobs == "celery" %>
# Workers too are replaced when the tables are new.
kubectl apply --selector 'app.kubernetes.io/component notin (web, worker, scheduler)' --filename "$manifests"
# <% else %>
kubectl apply --selector app.kubernetes.io/component!=web --filename "$manifests"
# <% endif %>
while :; do
    case $(kubectl --namespace "$namespace" get job migrate --output 'jsonpath={.status.conditions[*].type}') in
        *Complete*) break ;;
        *Failed*)
            kubectl --namespace "$namespace" logs job/migrate
            echo "The migration failed; the pods of the last release go on serving." >&2
            exit 1
            ;;
    esac
    sleep 1
done
kubectl apply --filename "$manifests"
kubectl --namespace "$namespace" rollout status deployment/web --timeout 10m
# <% if cookiecutter.jobs == "celery" %>
kubectl --namespace "$namespace" rollout status deployment/worker --timeout 10m
# <% endif %>

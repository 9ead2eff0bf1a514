#!/bin/sh
# Create what is missing of the files that compose.yaml mounts: the secrets and a first certificate.
set -eu
cd "$(dirname "$0")/../.."
command -v openssl >/dev/null || { echo "openssl is not installed" >&2; exit 1; }

# Only its owner can open this folder. The files are readable for all, because containers mount them one by one and run
# as users that do not exist on this host.
[ -d secrets ] || mkdir -m 700 secrets
umask 022
mkdir -p secrets/tls secrets/acme secrets/letsencrypt

# A deployment that was killed has left outdated addresses.
[ ! -e deploy/nginx/upstream.conf.by-name ] || mv deploy/nginx/upstream.conf.by-name deploy/nginx/upstream.conf

# Written under another name first: an incomplete secret would never be replaced.
keep() {
    cat >"$1.new"
    mv "$1.new" "$1"
}

[ -s secrets/secret_key ] || openssl rand -hex 32 | keep secrets/secret_key
touch secrets/secret_key_fallbacks
# <% if cookiecutter.database == "postgresql" %>
if [ ! -s secrets/postgres_password ] && grep -qs "@postgres:" secrets/database_url; then
    echo "secrets/postgres_password is missing; restore it, it is the password in secrets/database_url" >&2
    exit 1
fi
[ -s secrets/postgres_password ] || openssl rand -hex 32 | keep secrets/postgres_password
[ -s secrets/database_url ] ||
    echo "postgresql+psycopg://<< cookiecutter.project_slug >>:$(cat secrets/postgres_password)@postgres:5432/<< cookiecutter.project_slug >>" |
    keep secrets/database_url
# <% endif %>
# <% if cookiecutter.auth %>
[ -s secrets/totp_secret ] || openssl rand -hex 32 | keep secrets/totp_secret
touch secrets/mail_url # empty until a mail server is set
# <% endif %>
# <% if cookiecutter.cache == "redis" or cookiecutter.jobs == "celery" %>
[ -s secrets/redis_password ] || openssl rand -hex 32 | keep secrets/redis_password
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
[ -s secrets/redis_url ] || echo "redis://:$(cat secrets/redis_password)@redis:6379/0" | keep secrets/redis_url
# <% endif %>
# <% if cookiecutter.jobs == "celery" %>
[ -s secrets/broker_url ] || echo "redis://:$(cat secrets/redis_password)@redis:6379/1" | keep secrets/broker_url
# <% endif %>

if [ ! -s secrets/tls/fullchain.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -nodes -days 90 \
        -subj "/CN=<< cookiecutter.domain_name >>" -addext "subjectAltName=DNS:<< cookiecutter.domain_name >>,DNS:localhost" \
        -keyout secrets/tls/privkey.pem -out secrets/tls/fullchain.new 2>/dev/null
    mv secrets/tls/fullchain.new secrets/tls/fullchain.pem
    chmod 644 secrets/tls/privkey.pem
    echo "created a self-signed certificate in secrets/tls/; for a real one run: make certificate"
elif ! openssl x509 -noout -checkend 1209600 -in secrets/tls/fullchain.pem >/dev/null; then
    echo "the certificate in secrets/tls/ expires within two weeks; run: make certificate" >&2
fi

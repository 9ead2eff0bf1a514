# Stands in for certbot/certbot where no registry is reachable: Debian's package, and the same entry point.
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends certbot && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["certbot"]

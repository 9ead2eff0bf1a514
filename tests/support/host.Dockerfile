# A host as the README of a project asks for it: Debian with systemd, Nginx and Python, Redis for jobs, and nothing of ours.
FROM debian:trixie-slim
RUN apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \
        curl dbus nginx openssl python3-venv redis-server systemd >/dev/null && \
    rm /etc/nginx/sites-enabled/default && \
    systemctl disable redis-server && \
    systemctl mask getty.target systemd-modules-load.service
# Where the engine's machine still has control groups of version 1, systemd gets the tree of version 2 beside them.
CMD ["sh", "-c", "[ $(stat -fc %T /sys/fs/cgroup) = cgroup2fs ] || { umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup; }; exec /usr/lib/systemd/systemd"]

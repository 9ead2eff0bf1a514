"""The machine's own Nginx with a project's configuration: other places and ports, everything else as it is."""

import json
import re
import shutil
import subprocess
import time
from getpass import getuser
from pathlib import Path
from types import TracebackType
from typing import Any

import trustme
from project import Answer, Project, free_port, get, whole_lines

MAIN = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 1000; }}
http {{
    {temporary}
    include {folder}/conf/site.conf;
}}
"""


class NginxServer:
    """A server that lives as long as the `with` block.

    Parameters:
        project: whose `deploy/nginx` it is.
        folder: where its copy and its logs go.
        upstream: the port of the application on loopback.
        changes: what stands elsewhere in the files, and what takes its place.
    """

    def __init__(self, project: Project, folder: Path, upstream: int, changes: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        slug, conf = project.answers["project_slug"], folder / "conf"
        shutil.copytree(project.path / "deploy" / "nginx", conf)
        for path in conf.glob("*.conf"):
            text = path.read_text()
            for old, new in changes.items():
                text = text.replace(old, new)
            text = text.replace(f"/etc/nginx/{slug}-tls/", f"{folder}/").replace(
                f"/etc/nginx/{slug}/", f"{conf}/"
            )
            text = text.replace("/var/log/nginx/", f"{folder}/")
            text = re.sub(r"server_name .*;", "server_name 127.0.0.1;", text)
            # Debian 12 has an Nginx that does not know this directive yet; plain HTTP would redirect.
            text = re.sub(r"^ *(http2 on|listen (80|\[::\].*));$", "", text, flags=re.MULTILINE)
            text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port}")
            # The server that redirects has lost its port, and would take the usual one.
            text = text.replace("return 308 https://", "return 404; # ")
            path.write_text(text)
        site = conf / "site.conf"
        site.write_text(
            site.read_text().replace("server {\n", f"server {{\n    listen 127.0.0.1:{free_port()};\n", 1)
        )
        (conf / "upstream.conf").write_text(f"server 127.0.0.1:{upstream};\n")

    def __enter__(self) -> "NginxServer":
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(str(self.folder / "privkey.pem"))
        for part in certificate.cert_chain_pems:
            part.write_to_path(str(self.folder / "fullchain.pem"), append=True)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds)
        main = self.folder / "nginx.conf"
        main.write_text(MAIN.format(user=getuser(), folder=self.folder, temporary=temporary))
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                ["nginx", "-p", self.folder, "-c", main], stdout=output, stderr=output
            )
        deadline = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.get("/healthz")
                return self
            except OSError:
                time.sleep(0.05)
        self.process.kill()
        raise AssertionError((self.folder / "output").read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(30)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return get(f"http://127.0.0.1:{self.port}{path}", **headers)

    def lines(self, count: int) -> list[dict[str, Any]]:
        """Give what was logged of as many requests: Nginx writes after it has answered.

        Parameters:
            count: how many there were, without the questions whether it is up.
        """
        deadline = time.monotonic() + 30
        while True:
            logged = [json.loads(line) for line in whole_lines(self.folder / "access.log")]
            asked = [line for line in logged if line["path"] != "/healthz"]
            if len(asked) >= count or time.monotonic() > deadline:
                assert len(asked) == count
                return asked
            time.sleep(0.05)

"""Judges that come from npm, in a folder of the user's cache."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from browser import CHROMIUM, FLAGS
from workspace import SUPPORT

HERE = SUPPORT / "checkers"
# Before the tests give everything a home of their own: npm has its settings and its cache there.
HOME = Path.home()
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or HOME / ".cache") / "flask-starter-checkers"
AGAIN = ("Please run Lighthouse again", "NO_FCP")


class Judges:
    """The programs of tests/support/checkers, installed.

    Parameters:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def missing() -> str:
        """Name the programs that this machine lacks; empty when there are all."""
        return " and ".join(name for name in ("node", "npm") if not shutil.which(name))

    @classmethod
    def installed(cls) -> "Judges":
        """Give the programs, installed unless that has been done."""
        manifest = (HERE / "package.json").read_bytes()
        folder = CACHE / hashlib.sha256(manifest).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)
        # Several workers may want them at once.
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done").exists():
                cls.install(folder)
            for script in HERE.glob("*.mjs"):
                shutil.copy(script, folder / "copy")
                (folder / "copy").replace(folder / script.name)
        return cls(folder)

    @staticmethod
    def install(folder: Path) -> None:
        """Install what package.json pins."""
        shutil.copy(HERE / "package.json", folder)
        options = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
        subprocess.run(
            ["npm", "install", *options], cwd=folder, env=os.environ | {"HOME": str(HOME)}, check=True
        )
        # The list of preloaded hosts comes from the network; `localhost` is not on it.
        (folder / "node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json").write_text("{}")
        (folder / "done").touch()

    def node(self, *words: str, **variables: str) -> str:
        """Run a program; give what it printed."""
        for _ in range(4):
            done = subprocess.run(
                ["node", *words],
                cwd=self.folder,
                env=os.environ | variables,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            # Chromium now and then hands Lighthouse half a trace, or paints late; that is not a verdict, and it asks for
            # another one.
            if not any(word in done.stderr for word in AGAIN):
                break
        assert done.returncode == 0, done.stderr
        return done.stdout

    def observatory(self, http: int, https: int, authority: Path, *paths: str) -> list[dict[str, Any]]:
        """Let the HTTP Observatory grade pages of `localhost`.

        Parameters:
            http: the port of plain HTTP.
            https: the port of TLS.
            authority: the certificate that the scanner may trust.
            paths: the pages.
        """
        ports = (str(http), str(https))
        grades = self.node("observatory.mjs", *ports, *paths, NODE_EXTRA_CA_CERTS=str(authority))
        return json.loads(grades)

    def lighthouse(self, url: str, *skipped: str) -> dict[str, Any]:
        """Let Lighthouse judge a page, whatever its status, as a phone on a slow network sees it.

        Parameters:
            url: the page.
            skipped: the audits to leave out.
        """
        flags = " ".join(["--headless=new", *FLAGS])
        report = self.node(
            "node_modules/lighthouse/cli/index.js",
            url,
            "--quiet",
            "--output=json",
            "--ignore-status-code",
            "--no-enable-error-reporting",
            *(f"--skip-audits={audit}" for audit in skipped),
            f"--chrome-flags={flags}",
            CHROME_PATH=str(CHROMIUM),
        )
        return json.loads(report)

    def scores(self, url: str, *skipped: str) -> dict[str, float]:
        """Return Lighthouse's four scores of a page, of the third run at the latest: a busy machine loads slowly."""
        for _ in range(3):
            categories = self.lighthouse(url, *skipped)["categories"]
            scores = {name: category["score"] for name, category in categories.items()}
            assert len(scores) == 4
            if scores["performance"] >= 0.95:
                break
        return scores

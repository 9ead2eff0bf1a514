"""Judges of the files of CI: zizmor for holes, check-jsonschema for keys. Neither needs a network."""

from pathlib import Path

from python_checkers import Verdict, verdict_of

# The schemas that come with check-jsonschema, and the files that follow them.
SCHEMAS = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "custom.github-workflows-require-timeout": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
    "vendor.gitlab-ci": ".gitlab-ci.yml",
    "vendor.renovate": "renovate.json",
    "vendor.compose-spec": "ci/compose.yaml",
}


def zizmor(*folders: Path) -> Verdict:
    """Look for holes in the workflows and in the settings of Dependabot, as strictly as zizmor can.

    Parameters:
        folders: the projects.
    """
    return verdict_of("ci", "zizmor", "--offline", "--no-progress", "--quiet", "--persona=pedantic", *folders)


def schema(name: str, *folders: Path) -> Verdict:
    """Hold files against their schema.

    Parameters:
        name: which of `SCHEMAS`.
        folders: the projects; not every one must have such a file.
    """
    paths = [path for folder in folders for path in sorted(folder.glob(SCHEMAS[name]))]
    assert paths, f"there is no {SCHEMAS[name]}"
    return verdict_of("ci", "check-jsonschema", "--builtin-schema", name, *paths)

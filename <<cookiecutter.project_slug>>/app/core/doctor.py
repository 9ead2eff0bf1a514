"""``flask doctor``: is this installation fit for production, and if not, what is to be done?"""

import sys
from dataclasses import asdict

import click
from flask import json
from flask.cli import cli, with_appcontext

from app.config import ConfigError

from .checks import CHECKS
from .findings import Finding, error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@with_appcontext
def doctor(as_json: bool, strict: bool) -> None:
    """Say whether this installation is fit for production; exit 1 if it is not."""
    findings = [finding for check in CHECKS for finding in check()]
    click.echo(report(findings, as_json))
    if any(strict or finding.level == "error" for finding in findings):
        raise SystemExit(1)


def report(findings: list[Finding], as_json: bool) -> str:
    """Write the findings for a machine or for people."""
    if as_json:
        return json.dumps([asdict(finding) for finding in findings])
    lines = []
    for finding in findings:
        color = "red" if finding.level == "error" else "yellow"
        lines += [f"{click.style(finding.level, fg=color)} {finding.subject}: {finding.problem}"]
        lines += [f"    {finding.remedy}"]
    return "\n".join(lines) or click.style("Nothing to complain about.", fg="green")


def refusal(problem: ConfigError) -> str | int:
    """Give what the process ends with when there is no application: a message, which ``SystemExit`` writes to stderr.

    For ``flask doctor`` that is a finding like any other: it is written to stdout, and the exit code is 1.
    """
    # What stands behind the options of ``flask`` itself; a server's command line passes through as it is.
    parser = cli.make_parser(click.Context(cli, ignore_unknown_options=True, resilient_parsing=True))
    _, words, _ = parser.parse_args(sys.argv[1:])
    if words[:1] != ["doctor"]:
        return str(problem)
    findings = []
    for text in problem.problems:
        wrong, _, remedy = text.partition(": ")
        subject = wrong.partition(" ")[0]
        findings += [error(subject if subject.isupper() else "start", wrong, remedy or "see .env.example")]
    click.echo(report(findings, "--json" in words))
    return 1

"""Tests that failed, and passed when they were run again: named with what went wrong, and no more than a few of them.

The machines that run the tests are shared. Some of many hundred tests watch servers, containers and browsers by the
clock, and a machine that stands still for a second or two can fail one of them. `make test` gives such a test one
more try. A defect fails both; one that comes and goes is read here, and several of them are a failure of the run.
"""

from typing import Any

import pytest

# A run in which more of them need a second try says something about the tests, or about the product.
FEW = 2


def unsteady(config: pytest.Config) -> list[Any]:
    """Give the reports of the first tries of tests that had a second one."""
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    return list(reporter.stats.get("rerun", [])) if reporter else []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which too many tests had to be run again."""
    if len(unsteady(session.config)) > FEW and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what went wrong in the first tries."""
    if not (first_tries := unsteady(config)):
        return
    terminalreporter.section("run a second time")
    for report in first_tries:
        terminalreporter.section(report.nodeid, sep="_")
        terminalreporter.write_line(report.longreprtext)
        for title, text in report.sections:
            terminalreporter.section(title, sep="-")
            terminalreporter.write_line(text)
    if len(first_tries) > FEW:
        terminalreporter.write_line(
            f"{len(first_tries)} tests are unsteady; {FEW} are the most that a run may have."
        )

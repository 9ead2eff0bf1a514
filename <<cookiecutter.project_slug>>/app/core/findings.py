"""What a check of ``flask doctor`` finds."""

from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Parameters:
        level: ``error`` must be mended before production, ``warning`` should be looked at.
        subject: what it is about.
        problem: what is wrong.
        remedy: what to do.
    """

    level: str
    subject: str
    problem: str
    remedy: str


error = partial(Finding, "error")
warning = partial(Finding, "warning")

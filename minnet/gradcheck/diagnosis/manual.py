"""The pages of `minnet explain`: one Markdown file a code, each with an example that runs.

The report under an example is made by running it. ``python -m minnet.gradcheck.diagnosis.manual``
writes it into the pages anew; a test compares.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from minnet.gradcheck.diagnosis.codes import CODES
from minnet.patterns import pattern
from minnet.records import dataclass

_EXAMPLE = pattern(r"```python\n(.*?)```", re.DOTALL)
_REPORT = pattern(r"```text\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Manual:
    """The pages of one package, a file a code in its folder ``pages``.

    Attributes
    ----------
    package : str
    codes : dict of str to str
        In the order in which they are listed, with a line on each.
    """

    package: str
    codes: Mapping[str, str]

    def page(self, code: str) -> str:
        """Return a page as Markdown.

        Raises
        ------
        KeyError
            When there is no such code.

        Examples
        --------
        >>> DIAGNOSES.page("sign").splitlines()[0]
        '# sign: the wrong sign'
        """
        if code not in self.codes:
            raise KeyError(code)
        folder: Traversable = resources.files(self.package) / "pages"
        return (folder / f"{code}.md").read_text(encoding="utf-8")

    def title(self, code: str) -> str:
        """Return what a code means in a few words.

        >>> DIAGNOSES.title("sign")
        'the wrong sign'
        """
        return self.page(code).splitlines()[0].split(": ", 1)[1]

    def run_example(self, code: str) -> str:
        """Run the example of a page and return the report it prints."""
        found = _EXAMPLE.search(self.page(code))
        assert found is not None, f"the page on {code} has no example"
        source, name = found.group(1), f"{code}.py"
        # the checker shows source lines: this is where Python looks for those of no file
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(printed):
            exec(compile(source, name, "exec"), {"__name__": "example"})  # noqa: S102 (our own)
        printed.seek(0)
        return printed.read()

    def rebuild(self, directory: Path) -> None:
        """Run every example and write the reports into the pages in `directory`."""
        for code in self.codes:
            path = directory / f"{code}.md"
            report = self.run_example(code)
            old = path.read_text(encoding="utf-8")
            text = _REPORT.sub(lambda _, r=report: f"```text\n{r}```", old)  # type: ignore[misc]
            path.write_text(text, encoding="utf-8", newline="\n")


DIAGNOSES = Manual("minnet.gradcheck.diagnosis", CODES)


def report_in(text: str) -> str:
    """Return the report that a page shows."""
    found = _REPORT.search(text)
    return found.group(1) if found else ""


def comparable(report: str) -> str:
    """Return a report without the digits that depend on the machine.

    >>> comparable("0.25  1.0  ± 3.2e-14")
    '0.25 1.0 ± #'
    """
    report = re.sub(r"(\d\.?\d*e-\d\d)|(\d+ digits)", "#", report)
    report = re.sub(r"\d+\.\d{4,}", lambda found: f"{float(found.group()):.3g}", report)
    return " ".join(report.split())


if __name__ == "__main__":
    DIAGNOSES.rebuild(Path(__file__).parent / "pages")

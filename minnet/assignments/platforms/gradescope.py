"""Gradescope: an archive with ``setup.sh`` and ``run_autograder`` at its root."""

from __future__ import annotations

from minnet.assignments.packing import Packed, text, under, vendored
from minnet.assignments.platforms.source import Source

SETUP = """\
#!/usr/bin/env bash
# Run once, as root, when Gradescope builds the image. Minnet itself is in this archive.
set -e
apt-get update
apt-get install -y python3.11 python3.11-venv
python3.11 -m venv /opt/minnet
/opt/minnet/bin/pip install numpy
id student >/dev/null 2>&1 || useradd --no-create-home student
"""
RUN = """\
#!/usr/bin/env bash
# Run for every submission, as root, in /autograder.
cd "$(dirname "$0")"
mkdir -p results
chmod -R o-rwx source results
PYTHONPATH=source "${MINNET_PYTHON:-/opt/minnet/bin/python}" -m minnet grade submission \\
  --assignment source/assignment --format gradescope --out results/results.json
"""


def files(source: Source) -> dict[str, Packed]:
    """Return what is in the archive."""
    return {
        "setup.sh": text(SETUP, executable=True),
        "run_autograder": text(RUN, executable=True),
        **under("assignment", source.private()),
        **vendored(),
    }

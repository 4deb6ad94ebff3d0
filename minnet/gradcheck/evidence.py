"""What a hypothesis about a wrong gradient may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minnet.gradcheck.case import Array
from minnet.gradcheck.measure import Probe
from minnet.gradcheck.results import Finding, GradientResult
from minnet.gradcheck.verdict import Claims


@dataclass
class Evidence:
    probe: Probe
    claims: Claims
    wrt: str
    weight: Array
    result: GradientResult
    raw: Any
    contract: tuple[Finding, ...]

"""The pages of `minnet explain` on what `minnet derivative` warns of.

``python -m minnet.derivative.manual`` runs their examples and writes the reports into them anew.
"""

from __future__ import annotations

from pathlib import Path

from minnet.gradcheck.diagnosis.manual import Manual

#: code -> what is the matter with the function, the point, or the step
WARNINGS: dict[str, str] = {
    "domain": "The function is not defined at the point.",
    "jump": "The function jumps at the point.",
    "kink": "The slopes from the left and from the right differ.",
    "edge": "The function ends at the point, or has a pole there.",
    "saturated": "The function is flat there: its derivative is lost in round-off.",
    "stationary": "The derivative is 0 there: a relative error says nothing.",
    "step_too_small": "Round-off is the larger part of the error.",
    "step_too_large": "Truncation is the larger part of the error, or the step leaves the domain.",
    "kink_inside": "There is a kink within a step of the point.",
}
CALCULATOR = Manual("minnet.derivative", WARNINGS)


if __name__ == "__main__":
    CALCULATOR.rebuild(Path(__file__).parent / "pages")

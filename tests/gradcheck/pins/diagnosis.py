"""What pins the constants of minnet.gradcheck.diagnosis."""

from pins import Pin

PINS: list[Pin] = []

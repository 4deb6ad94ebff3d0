"""What pins the constants of minnet.gradcheck.measure."""

from pins import Pin

PINS: list[Pin] = []

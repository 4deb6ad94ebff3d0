"""What pins the constants of minnet.gradcheck.contract."""

from pins import Pin

PINS: list[Pin] = []

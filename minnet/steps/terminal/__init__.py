"""The walk in a terminal, by single keys.

- `session`: the terminal itself, and `keys`, what is pressed in it
- `state`, `moves`, `pressing`: where one stands, and where a key leads; pure
- `screen` and its parts: what is shown there; pure
"""

from minnet.steps.terminal.session import explore as explore

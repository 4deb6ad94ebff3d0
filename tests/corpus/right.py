"""The corpus of correct code."""

from corpus import right_kinks, right_numbers, right_state

RIGHT = [*right_kinks.ENTRIES, *right_numbers.ENTRIES, *right_state.ENTRIES]

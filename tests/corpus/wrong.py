"""The corpus of wrong code. "*" as a code means that any diagnosis will do."""

from corpus import (
    wrong_derivatives,
    wrong_factors,
    wrong_hidden,
    wrong_other,
    wrong_places,
    wrong_settings,
    wrong_state,
    wrong_structure,
)

WRONG = [
    *wrong_factors.ENTRIES,
    *wrong_derivatives.ENTRIES,
    *wrong_places.ENTRIES,
    *wrong_other.ENTRIES,
    *wrong_state.ENTRIES,
    *wrong_settings.ENTRIES,
    *wrong_structure.ENTRIES,
    *wrong_hidden.ENTRIES,
]

"""The corpus of wrong code. "*" as a code means that any diagnosis will do."""

from corpus import wrong_contract, wrong_places, wrong_values

WRONG = [*wrong_values.ENTRIES, *wrong_places.ENTRIES, *wrong_contract.ENTRIES]

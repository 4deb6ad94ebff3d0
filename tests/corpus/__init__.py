"""Correct and wrong layers, made independently of the checker that is tried on them."""

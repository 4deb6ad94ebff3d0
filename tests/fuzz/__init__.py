"""Bad input on purpose, area by area; each area is a list of trials with one judge.

``python -m tests.fuzz`` tries all of it and prints a table; pytest tries a sample (`test_fuzz`).
"""

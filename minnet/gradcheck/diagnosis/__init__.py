"""What the mistake is: one hypothesis a function, tried in turn by `diagnose`.

Nothing is imported here: right code needs the customs of `customs`, and no hypothesis.
"""

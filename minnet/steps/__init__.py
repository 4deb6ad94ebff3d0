"""The step-through: every number of forward and backward, and what made it.

- `choose`: what is stepped through, at which case; `demo` is one of its own
- `run`, `measured`, `pairs`: the trace of that case, and what every gradient should be
- `walk`: all of it, as questions that a view asks
- `plain`, `as_json`, `terminal`, `page`: the views; `stepping`: `minnet.step`
"""

"""A submission in a process of its own that only answers calls with arrays.

- `puppet` starts it, asks it, and ends it; `remote` makes its functions look like Python's
- `child` is that process; `lockdown` shuts it in by `limits`, `landlock` and `seccomp`, and tries
  what must no longer work
- `protocol` is all that passes between the two

What the process runs (`child`, `lockdown`, `limits`, `landlock`, `seccomp`, `protocol`) imports
nothing of minnet besides: a submission that finds its way into their modules finds no checker.
"""

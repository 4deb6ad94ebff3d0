"""The tutorials: scripts in cells, read, stepped through, handed out with holes, checked.

In the order that data flows:

- `scripts`: where the scripts are, and which there are
- `lesson`: one of them: what its header says, its cells, its exercises; with holes, as a notebook
- `running`: run cells one after the other; `pictures` keeps what they draw
- `exercises`: which check of a script tells whether an exercise is right
- `child`, `checking`: a learner's file, run in a process of its own, and what its checks said
- `prose`: text for a terminal
- `progress`: how far a learner is
"""

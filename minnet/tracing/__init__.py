"""What each line of somebody's code computes, and what it computes when it is edited.

- `source`: the text and the tree of a function, and the same function compiled from another tree
- `running`: which functions ran
- `taps`: the values in them, seen and changed
"""

"""What each line of somebody's code computes, and which number feeds which.

- `source`: the text and the tree of a function, and the same function compiled from another tree
- `running`, `tracer`: which functions ran
- `recording`: what every statement computes, told while it runs
- `cells`: numbers that know what they were made of
- `trace`: both together, as values and operations; `terms`: what made one number; `adjoint`: what
  the loss does with each
"""

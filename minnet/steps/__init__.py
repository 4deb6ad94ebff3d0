"""The step-through: every number of forward and backward, and what made it."""

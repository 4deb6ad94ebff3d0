"""Right, wrong, or impossible to tell: from claimed and measured gradients to a verdict on each.

claims     what backward claims for any upstream gradient
question   this gradient, of this case, with this upstream gradient
screen     a whole tensor at once, along random directions
elements   single elements, where the screen fails or cannot tell
kinks      where slopes are one-sided: each element by its own interval, the rest beside the kink
judge      the decision
"""

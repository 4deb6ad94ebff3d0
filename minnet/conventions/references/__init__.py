"""What a forward of a known name should give: minnet's own layers are the reference.

A backward is judged by its forward, so a wrong forward with its matching backward would pass.
Here it does not, where the name says what the forward is meant to be:

- `reading`: an answer that a forward may give, which is right, a variant, or a known slip
- `dense`, `activations`, `convolution`, `normalization`, `dropout`, `recurrent`, `losses`: the
  readings of each family
- `functions`, `classes`: which name means what; `objects`: what an object says of itself
- `comparing`: the output beside the readings, and the sentence that comes of it
"""

"""Classes that say nothing of themselves are tried out, on guesses from their names.

- `kinds`: what kind of layer a name means
- `constructing`: arguments for its constructor; `settings` those that hold several by name
- `inputs`: inputs that fit a layer; `targets`: predictions and targets for a loss
- `classes`: these together, as what to check a class or an object by
"""

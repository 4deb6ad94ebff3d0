"""What would cure a wrong gradient: small edits of the user's code, tried and verified.

- `cases`: the one public function, `remedies`: over all cases of one thing
- `trial`: which gradients are right, asked while the code is edited
- `functions` and `scope`: the functions that ran, and what each had at hand
- `slicing`: the statements that a gradient can be blamed on
- `meanings`: the values of backward that are right, being the gradient of something in forward
- `tree` and `where`: a place in a function's tree, and what stands there
- `edits`, `array_edits`, `statements`, `terms`, `rules`: which edits there are, and their order
- `search`: one edit after the other, the commonest first
- `shown` and `told`: an edit as lines, and what is said of it
"""

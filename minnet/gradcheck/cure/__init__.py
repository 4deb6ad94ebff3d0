"""What would cure a wrong gradient: small edits of the user's code, tried and verified.

- `cases`: the one public function, `cures_of`: over all cases of one function
- `trial`: which gradients are right, asked while the code is edited
- `functions` and `scope`: the functions that ran, and what each had at hand
- `slicing`: the statements that a gradient can be blamed on
- `tree`, `edits`, `statements`: what an edit is, and which there are
- `search`: in which order they are tried
- `shown`: an edit as the lines that it changes
"""

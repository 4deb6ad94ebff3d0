"""Foreign code in a process of its own.

- `process` starts it and takes in what it tells; what breaks off costs its own check only
- `worker` is that process: ``python -m minnet.conventions.isolated``
- `messages` is all that passes between the two, `limits` what the worker may take
"""

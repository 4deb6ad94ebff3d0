"""Anybody's object or functions as a `Case`, whatever style they are written in.

In the order that data flows:

- `spellings`: every name that foreign code is known by. **A new name goes here.**
- `state`: keep that code to itself: its state restored, randomness frozen, prints swallowed
- `signatures`: what a signature tells; `passes`: which methods are the two passes
- `parameters`: the parameters of an object, and where their gradients are
- `plan`: what a backward method is handed; `returned`: what a pass gave back, or left behind
- `nested`: dicts, lists and tuples of arrays; `sharing`: whose is each gradient that came back
- `describe`: a case in words, and the numbers that a wrong factor may equal in it
- `calling`: what all adapters share: the code run at chosen values, again and again
- `layer`, `functions`, `losses`, `gradient`: the adapters. **What is called or handed over
  differently goes into one of these**; what is a loss is decided in `loss_roles`.
- `crash`: what to say of an exception; `remedies`: what to try after it
"""

"""Assignments that grade themselves: one solution file in, everything that a course needs out.

What there is: `folder`, what an assignment says of itself, and `grade`, what a submission got.

From the solution to a release:

- `markers`, `statements`, `hole`, `holes`: the holes of a solution, read strictly
- `notebook`: a file as a notebook and back; `in_notebook`: points where a notebook is graded
- `build`: the release, a part for each of the `platforms`; `packing`: its files and archives;
  `public`, `standins`: what everybody may read; `runs`: what its scripts start
- `validate`, `cheats`: whether an assignment does what it should
- `ready`, `ready_made`: assignments to start from

From a submission to a grade:

- `grading` with `plan`, `asking`, `mirror`, `judging` and what these need; `isolation`: the process
  that a submission runs in
- `classes`, `records`, `overview`: a whole class
- `failure`: the grade that stands there first; `writers`: a grade as a platform reads it
"""

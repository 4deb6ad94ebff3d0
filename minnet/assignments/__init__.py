"""Assignments that grade themselves: one solution file in, everything that a course needs out.

- `folder`: what an assignment says of itself; `grade`: what a submission got
- `holes`, `notebook`: from the solution to what students are given
- `writers`: a grade in the form that a platform reads, one file a format
- `build`: the release for each platform; `validate`: whether an assignment does what it should
- `ready`: assignments to start from
"""

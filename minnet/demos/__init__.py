"""The two demos of ``minnet demo``: what is computed is data, and the narration is made of it.

linear_regression, cnn        what is computed
*_story                       the same told step by step, as lines of text
kinks, practice, pictures     what the second demo needs besides
"""

"""The demos of ``minnet demo``: what is computed is data, and the narration is made of it.

linear_regression, cnn, names         what is computed
*_story                               the same told step by step, as lines of text
pictures, names_pictures              the same drawn
kinks, practice, training, ngrams     what the second and the third need besides
"""

"""The derivative of a function of one variable, by every method side by side.

In the order that data flows:

functions, expressions      the function: known by name, or read from a formula
formulas                    finite differences, the complex step, the adaptive measurement
compared                    what was measured: every method at one point
comparison                  measures it
advice                      what is said of it: a verdict, its reason, warnings
as_json                     the same as data
plots, explorer             secants, tangent and errors, drawn; and to play with
"""

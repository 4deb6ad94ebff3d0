"""Numeric derivatives with error bars.

differences   along a line, each output with a bar of its own
noise         the round-off in the outputs, measured
bars          the error model: how bars add up, what round-off is allowed, what means something
groups        elements that may be measured at the same time
probe         a case at one point: along directions, element by element, as a Jacobian
"""

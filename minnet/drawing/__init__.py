"""How every picture looks. It knows arrays, and nothing of what they stand for.

raster      an array laid out in a plane, its colours, and a PNG of it: without matplotlib
theme       light and dark, the palette, figures and files
planes      a plane of signed numbers on a figure
kinks       which elements a step moves across a kink
training    training curves, filters, feature maps, confusion
"""

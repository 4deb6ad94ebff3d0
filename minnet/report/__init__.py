"""What was found, as data, text, page and picture. It knows no checker.

In the order that data flows:

results             what was found: frozen data, and the simple questions on it
words               how verdicts, numbers and indices are written, wherever they are shown
account             what is said of the results: each mistake once, where it shows, what to try
terminal, text      laid out for a terminal
markup, page        laid out as HTML, for a browser and a notebook
heatmaps, plots     a gradient as pictures
as_json             the JSON edge
report              `Report`, the face of it all: asked, printed, plotted and saved
"""

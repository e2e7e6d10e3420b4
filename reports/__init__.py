"""What leaves the screen: slides, briefings, official forms, lists.

A report is declared once as blocks (:mod:`reports.blocks`) over what the figures answer
(:mod:`reports.material`); renderers (:mod:`reports.render`) turn the same blocks into every medium.
No report computes, and no renderer knows a figure.
"""

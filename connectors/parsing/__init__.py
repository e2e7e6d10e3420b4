"""Reading what comes from outside in a process of its own, which may die of it.

``bounds``: what one file may take. ``used_range``: workbooks made small before they are read.
``worker``: the process that reads. ``child``: how the rest of the program asks it.
"""

"""Where facilities should stand: demand, candidate sites, reach, and models solved with a bound.

For planners and whoever works on files. Pure: arrays and frames in, the same out. ``locate`` is the
way in for frames, ``solve`` for arrays; ``in_child`` solves in a process that can be ended.
"""

"""The brute-force oracle: the same answers as the jobs, by the plainest code that gives them.

It shares nothing with the jobs but the mapping table, which it reads on its own; so a rule misread in one of the two shows as a difference.
"""

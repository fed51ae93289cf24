"""Bulk actions of leads and engineers: what may be done to many cases at once, and never a decision.

choosing   which cases and tasks are meant
judging    whether one item would be moved, and if not, why
doing      one item, by the same calls the desk uses, under a key of its own
running    the next items of a confirmed action, for the workflow that carries it out
"""

"""Models in NumPy alone, forward and backward written out, each file readable in one sitting.

Nothing here imports spanloom, and spanloom imports nothing from here: the tests compare the two.
"""

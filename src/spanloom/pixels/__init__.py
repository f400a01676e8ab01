"""Pictures as numbers: read, resized, varied, compared. NumPy, and Pillow where a picture is read or changed.

A picture is [H, W, 3] of uint8, red, green and blue, whatever its file held.
"""

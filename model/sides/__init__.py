"""The self-test of sides: an imported network draws a CT whose sides are known, and left must be left there."""

"""What a site's own Python imports from us; every other name of ours may change with a release.

A routing script (docs/routing.md, recipe 12) begins with ``from autocontour import Decision, Exclude, Series``.
"""

from routing.script import Decision, Exclude, Series

__all__ = ["Decision", "Exclude", "Series"]

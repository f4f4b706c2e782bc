"""Running graphs, and how their failures surface in Python."""

"""Graph passes: one file each, ``def name(graph, context) -> bool`` (whether anything changed).

``pipelines`` lists which pass runs when, and why there.
"""

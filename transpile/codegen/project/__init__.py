"""The files of a project, its tools, and the comparison with what Python computed."""

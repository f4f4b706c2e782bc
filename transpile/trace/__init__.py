"""The tracing front end: running a program once and recording the operators that it calls as a graph."""

"""From what was planned to a C++ tree."""

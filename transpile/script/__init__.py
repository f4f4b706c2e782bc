"""The script front end: Python source to typed SSA graphs with structured exits."""

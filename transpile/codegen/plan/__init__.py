"""What C++ is to be written: the program, its classes, and the decisions about each function."""

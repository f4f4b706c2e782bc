"""Models that the compiled programs and their peers are measured on: ``build()`` makes one, ``example_inputs()`` feeds it."""

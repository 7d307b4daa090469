"""The tests of the hub; `./paidan test` runs them on both databases."""

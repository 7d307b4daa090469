"""The TypeScript client as a package: its own tests, its types, and what pages load of it."""

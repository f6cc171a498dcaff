"""One test or more for each guarantee of docs/semantics.md, marked with its number."""

"""How is it seen: plots of plain arrays, and one small viewer a question."""

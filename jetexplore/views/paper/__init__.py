"""How does what is seen become a figure for paper? The page's figures, drawn again by matplotlib."""

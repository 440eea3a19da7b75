"""What about my jets? One's own files: how they come to a page, and what it shows of them."""

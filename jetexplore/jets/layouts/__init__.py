"""How do others keep jets? One file a layout; `catalogue.LAYOUTS` lists them, `reading.read` reads any of them."""

"""Which lines of the library compute what a card shows? One file a kind of card."""

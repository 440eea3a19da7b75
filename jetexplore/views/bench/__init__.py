"""How quick is the explorer, and does a server of it stand up to its visitors? Measured in a browser and without."""

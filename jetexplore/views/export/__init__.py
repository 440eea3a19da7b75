"""What can be taken away from a card as a file? Its numbers and its figures."""

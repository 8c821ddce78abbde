"""What runs ftl and a peer in turn and compares them. Uses the standard library alone."""

"""A labelled set and a way to search in, numbers out: how well passages are found, and whether one way is better."""

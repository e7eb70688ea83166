"""A recipe carried out to the end: growth, then light at every sample, kept as a batch."""

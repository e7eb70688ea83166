"""Back from data: which parameters measured numbers support, and how far."""

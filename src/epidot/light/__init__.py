"""Electronic states of the layered dot, its rates, spectra and decay."""

"""Chemistry as data: species, rate laws, reactions, and their steps on the sites of a lattice."""

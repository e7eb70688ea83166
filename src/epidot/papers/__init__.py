"""The papers: their claims as data, held against what epidot gives."""

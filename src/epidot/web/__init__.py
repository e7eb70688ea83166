"""The bench: epidot in the browser, a thin skin over the functions that the commands call.

``epidot ui FOLDER`` serves one folder of the laboratory's own machine.  Nothing is computed here: every
answer is that of a public function or of a command, put into words for the page.
"""

"""From sources to findings: which rules run, over one file or many, and what is done with what they say."""

"""What was asked: flags over a file of settings, the parameters of a search, and where a result may go."""

"""What reaches a terminal: text that is only read, tables that fit, bars of progress, parameters named as flags."""

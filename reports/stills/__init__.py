"""The same charts as still SVG."""

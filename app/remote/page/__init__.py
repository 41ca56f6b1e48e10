"""Page for a browser that shows a bench and commands nothing."""

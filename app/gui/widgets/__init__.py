"""Small widgets and the style that all windows share."""

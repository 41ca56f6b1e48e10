"""Reports: figures of a recording and the self-contained page that holds them."""

"""A bench seen from elsewhere: a page for a browser, and alerts. Both are clients that send no command to the rig."""

"""Windows: the rig's, a recording's, a comparison of several; their menus and keys."""

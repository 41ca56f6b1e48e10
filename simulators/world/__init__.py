"""The junction world: piezo, tip, molecules, transport and heat."""

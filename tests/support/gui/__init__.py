"""Windows, fake benches and looks at pixels."""

"""An embedding learned from what people watch: which movie comes next is all that the layer has to tell."""

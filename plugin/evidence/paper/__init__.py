"""Documents for people: written once as blocks, printed as signed PDF or as Markdown."""

"""RT structure sets: write.structure_set writes them, read.read_masks reads them."""

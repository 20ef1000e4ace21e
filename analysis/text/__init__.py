"""How texts are searched and compared: pairs of characters, and the index of them. No HTTP."""

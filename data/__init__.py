"""The invented demonstration of Qinghe, and how it is loaded; nothing here is real."""

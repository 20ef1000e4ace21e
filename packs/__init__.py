"""Packs for design firms: what is in one, its versions, who got it, what a firm hands back.

For planners who give packs and firms that take them; no page, no HTTP. What is in a pack is public
already: nobody's name, address or code, and of people only figures from five on.
"""

"""Hooks: other programs are told of new and changed public proposals, as soon as it happens.

What is told is what everybody may see, read again at the moment of sending. Of what is shown no
more its id alone is told, and only to those who had been told of it.
"""

"""What the command line does; thin ``__main__`` files call it, rules stay in their rooms."""

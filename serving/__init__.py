"""What every request needs: who asks, what guards the door, what is said when it goes wrong; no
page.
"""

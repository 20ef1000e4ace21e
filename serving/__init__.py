"""What every request needs: who asks, what guards a route, how an error is answered; no page."""

"""What is kept for a while only, and then goes."""

from datetime import timedelta

from django.utils import timezone

from registry.models import Delivery, DeliveryState, KeptAnswer

ANSWERS = timedelta(days=7)  # a caller that retries later has to look first
DELIVERIES = timedelta(days=90)


def tidy() -> int:
    """Forgets old answers to keyed requests and old calls of hooks that arrived. Returns how many rows went."""
    now = timezone.now()
    answers, _each = KeptAnswer.objects.filter(made_at__lt=now - ANSWERS).delete()
    delivered = Delivery.objects.filter(state=DeliveryState.DELIVERED, answered_at__lt=now - DELIVERIES)
    calls, _each = delivered.delete()
    return answers + calls

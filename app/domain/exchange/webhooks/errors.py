"""Refusals of requests about webhooks."""

from app.domain.errors import Conflict, Forbidden, NotFound, Retry


class WebhookNotFound(NotFound):
    code = "webhook_not_found"
    title = "Cairn cannot find this webhook."


class DeliveryNotFound(NotFound):
    code = "webhook_delivery_not_found"
    title = "Cairn cannot find this delivery of the webhook."


class WebhookEnded(Conflict):
    code = "webhook_ended"
    title = "This webhook was removed."
    advice = "Add a new one."


class WebhooksFull(Conflict):
    code = "webhooks_full"
    title = "The school already has the maximum number of webhooks."
    advice = "Remove one that is no longer needed."
    retry = Retry.SAME


class WebhookWider(Forbidden):
    code = "webhook_wider"
    title = "This webhook receives more than your role may see."
    advice = "Ask a colleague whose role sees as much as that of the person who set its address."

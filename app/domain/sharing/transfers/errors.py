"""Errors of files on their way between schools."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    title = "Cairn cannot find this transfer."


class ReceivedRecordNotFound(NotFound):
    code = "received_record_not_found"
    title = "Cairn cannot find this received record."


class DestinationUnknown(Invalid):
    code = "destination_unknown"
    title = "Cairn cannot find this school on this server."
    advice = "Check the school's id, or send the file as a packet to a school elsewhere."


class TransferExists(Conflict):
    code = "transfer_exists"
    title = "This child's file is already on its way."
    advice = "Open this child's transfer, and change or cancel it."


class ApprovalMissing(Invalid):
    code = "transfer_incomplete"
    title = "Something is missing before this file may leave."
    advice = "Correct what `errors` points at, then approve again."


class PacketNotReady(Conflict):
    code = "packet_not_ready"
    title = "The packet is still being made."
    advice = "Try again in a moment; the transfer says when it was packed."
    retry = Retry.LATER


class PacketRefused(Invalid):
    code = "packet_refused"
    title = "Cairn cannot accept this packet."
    advice = "`errors` says what is wrong with it; ask the sender for another copy."


class PacketKnown(Conflict):
    code = "packet_known"
    title = "This packet has already arrived."
    advice = "Look for it among the files received."


class ReceiptRefused(Invalid):
    code = "receipt_refused"
    title = "This receipt is not for the packet that was sent."
    advice = "Ask the other school for the receipt of this transfer."


class MatchNeeded(Invalid):
    code = "match_needed"
    title = "Say which child this file is about."
    advice = "Name a child of this school, or ask for a new one."


class SignerUnchecked(Invalid):
    code = "signer_unchecked"
    title = "Nobody here knows whose key signed this file."
    advice = (
        "Compare `signer.thumbprint` with the sender by phone, and say in signer_checked how you "
        "did it."
    )


class ChildKnown(Invalid):
    code = "child_known"
    title = "A child at this school already has the UPN in this file."
    advice = "Accept it for `child_id` of the incoming transfer, without `new_child`."


class UpnMismatch(Invalid):
    code = "upn_mismatch"
    title = "This file is about another child of this school."
    advice = "Accept it for the child who has its UPN. If the UPN is wrong, correct that first."


class NotLocked(Conflict):
    code = "file_not_locked"
    title = "This child's file is not locked."

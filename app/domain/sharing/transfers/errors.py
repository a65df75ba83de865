"""What can go wrong with files on their way between schools."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    title = "There is no such transfer."


class ReceivedRecordNotFound(NotFound):
    code = "received_record_not_found"
    title = "There is no such received record."


class DestinationUnknown(Invalid):
    code = "destination_unknown"
    title = "There is no such school on this server."
    advice = "Check the school's id, or send the file as a packet to a school elsewhere."


class TransferExists(Conflict):
    code = "transfer_exists"
    title = "This child's file is on its way already."
    advice = "Read the open transfer of this child, and change or cancel it."


class ApprovalMissing(Invalid):
    code = "transfer_incomplete"
    title = "Something is missing before this file may leave."
    advice = "Mend what `errors` points at, then approve again."


class PacketNotReady(Conflict):
    code = "packet_not_ready"
    title = "The packet is being made."
    advice = "Try again in a moment; the transfer says when it was packed."
    retry = Retry.LATER


class PacketRefused(Invalid):
    code = "packet_refused"
    title = "This packet cannot be taken."
    advice = "`errors` says what is wrong with it; ask the sender for another copy."


class PacketKnown(Conflict):
    code = "packet_known"
    title = "This very packet has come already."
    advice = "Look through the files that came."


class ReceiptRefused(Invalid):
    code = "receipt_refused"
    title = "This receipt is not for the packet that was sent."
    advice = "Ask the other school for the receipt of this transfer."


class MatchNeeded(Invalid):
    code = "match_needed"
    title = "Say whose file it is."
    advice = "Name a child of this school, or ask for a new one."


class SignerUnchecked(Invalid):
    code = "signer_unchecked"
    title = "Nobody here knows whose key signed this file."
    advice = "Compare `signer.thumbprint` with the sender by phone; say how in signer_checked."


class ChildKnown(Invalid):
    code = "child_known"
    title = "A child of this school has the UPN of this file."
    advice = "Accept it for `child_id` of the incoming transfer, without `new_child`."


class UpnMismatch(Invalid):
    code = "upn_mismatch"
    title = "This file is about another child of this school."
    advice = "Accept it for the child with its UPN; where the UPN is wrong, mend that first."


class NotLocked(Conflict):
    code = "file_not_locked"
    title = "This child's file is not locked."

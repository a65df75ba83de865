"""Whether somebody who may not be told would get what leaves otherwise than as a share."""

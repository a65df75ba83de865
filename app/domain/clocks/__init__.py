"""Starting and stopping clocks by named rules: beneath every area. Calendars are in `duty`."""

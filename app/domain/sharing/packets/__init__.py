"""Packets: a child's file, sealed for another school."""

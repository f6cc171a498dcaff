"""Tests that follow the rows: what holds for one must hold for all."""

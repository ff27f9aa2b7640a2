"""Semblance: text, images and video in one embedding space."""

"""Stands in for setuptools while engine.sh fetches llama.cpp's source package; see build_meta.py."""

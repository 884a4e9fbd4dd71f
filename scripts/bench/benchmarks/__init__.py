"""Benchmarks, one sub-package for each subject; the entry points stand beside this package.

`common` holds what several benchmarks need, `reuploads` makes altered copies of pictures. Of the others, each measures
one subject: `recall` pictures, `clips` films, `faces` recognition, `search` the index alone, and `service` a running
registry.
"""

"""Training and evaluation of spillover models; needs the extra ``spillover[train]``."""

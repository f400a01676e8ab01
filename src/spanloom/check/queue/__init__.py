"""Which annotations look wrong or missing, worst first, and why; which unannotated texts are worth annotating."""

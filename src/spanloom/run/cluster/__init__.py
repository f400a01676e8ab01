"""`predict --ray`: one folder of texts answered by many processes, on one machine or on a cluster of them."""

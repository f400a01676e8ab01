from tests.throwaway.picture import KIND

__all__ = ["KIND"]

from tests.throwaway.picture import TASK

__all__ = ["TASK"]

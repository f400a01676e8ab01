from tests.throwaway.letters import ENCODER

__all__ = ["ENCODER"]

"""Words and their ids."""

from collections import Counter
from collections.abc import Iterable, Sequence

from kl_annealing.errors import InputError

PAD, UNK, START, STOP = 0, 1, 2, 3
MARKERS = ("<pad>", "<unk>", "<s>", "</s>")
RESERVED = frozenset(MARKERS) - {MARKERS[UNK]}  # never words of a sentence; `<unk>` may be


class Vocabulary:
    """The four markers, then words; a word's id is its place in `words`."""

    def __init__(self, words: Sequence[str]):
        if tuple(words[: len(MARKERS)]) != MARKERS or len(set(words)) != len(words):
            raise ValueError(f"a vocabulary starts with {MARKERS} and has every word once")
        self.words = list(words)
        self._ids = {word: number for number, word in enumerate(self.words)}

    @classmethod
    def build(
        cls,
        sentences: Iterable[Iterable[str]],
        minimum_count: int = 1,
        maximum_size: int | None = None,
    ) -> "Vocabulary":
        """Return the words by decreasing count, ties in the order of their first occurrence.

        Words seen fewer than `minimum_count` times are left out; of the others, the most frequent
        `maximum_size` are kept (the markers are not counted). Raises InputError where none is left.
        """
        counts = Counter(word for sentence in sentences for word in sentence)
        for marker in MARKERS:
            counts.pop(marker, None)
        ranked = [word for word, count in counts.most_common() if count >= minimum_count]
        if not ranked:
            most = max(counts.values(), default=0)
            if not most:
                raise InputError("the training sentences have no words")
            raise InputError(
                f"minimum_count = {minimum_count}: no word of the training sentences is known; "
                f"allowed: at most {most}, how often the most frequent one occurs"
            )
        return cls([*MARKERS, *ranked[:maximum_size]])

    def __len__(self) -> int:
        return len(self.words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words

    __hash__ = None

    def id(self, word: str) -> int:
        """Return the id of `word`; that of `<unk>` when it is not in the vocabulary."""
        return self._ids.get(word, UNK)

    def word(self, number: int) -> str:
        """Return the word with this id."""
        return self.words[number]

    def encode(self, sentence: str) -> list[int]:
        """Return the ids of the sentence's words, without markers: a typed `</s>` is unknown."""
        return self.encode_words(sentence.split())

    def encode_words(self, words: Iterable[str]) -> list[int]:
        """Return the ids of the words, without markers."""
        return [UNK if word in RESERVED else self._ids.get(word, UNK) for word in words]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the sentence up to the first end marker, without markers."""
        words = []
        for number in ids:
            if number == STOP:
                break
            if number not in (PAD, START):
                words.append(self.words[number])
        return " ".join(words)

    def to_text(self) -> str:
        """Return one line `word id` for each word."""
        return "".join(f"{word} {number}\n" for number, word in enumerate(self.words))

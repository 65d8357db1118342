"""Which response belongs to which context, and what its noise is."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_dialogs import built, long_talk, talk

from kl_annealing.data import STOP
from kl_annealing.data.dialog.references import retrieved_references
from kl_annealing.errors import InputError
from kl_annealing.evaluation import responses as module
from kl_annealing.evaluation.likelihood import sentence_noise
from kl_annealing.evaluation.responses import STREAM, responses
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.schema import completed
from kl_annealing.training.strategies.aggressive import STREAM as AGGRESSIVE
from kl_annealing.training.strategies.refining import STREAM as REFINING
from kl_annealing.training.validation import STREAM as VALIDATION

SIGNS = ["below", "above"]  # words that the parrot has beside those that it hears
TALKS = [
    talk("one", "two", "three", "four"),
    talk("five"),
    talk("six", "seven seven", "eight", topic="CARS"),
    talk(*SIGNS),
]


class Parrot(torch.nn.Module):
    """Answers with the first word of the last utterance, then `above` where z > 0, else `below`.

    Its prior has a mean of 100 where the topic is the second one. Without `stops` it never ends.
    """

    latent_dim = 1

    def __init__(self, words, stops=True):
        super().__init__()
        self.words, self.stops, self.decoder = words, stops, self

    def conditioned(self, examples):
        return examples

    def prior_of(self, examples):
        mu = 100.0 * (examples.topics == 2)[:, None]
        return DiagonalGaussian(mu, torch.zeros_like(mu))

    def codes(self, examples, z):
        said = (examples.context != 0).any(-1).sum(1) - 1
        heard = examples.context[torch.arange(len(examples)), said, 1]
        return torch.cat([heard[:, None], z], dim=-1)

    def start(self, z):
        return (torch.zeros(1, len(z), 1),)  # steps made

    def step(self, tokens, z, state):
        below, above = (self.words.index(sign) for sign in SIGNS)
        second = torch.where(z[:, 1] > 0, above, below)
        made = state[0][0, :, 0]
        word = torch.where(made == 0, z[:, 0].long(), second)
        if self.stops:
            word = torch.where(made == 2, STOP, word)
        p = torch.nn.functional.one_hot(word, len(self.words)) + 1e-6
        return (p / p.sum(-1, keepdim=True)).log(), (state[0] + 1,)


@pytest.fixture
def dialogs():
    return built(TALKS)


def asked(dialogs, seed=0, split="test", stops=True, **changes):
    settings = completed({"responses": changes}, "evaluation")["responses"]
    parrot = Parrot(dialogs.vocabulary.words, stops)
    return responses(parrot, getattr(dialogs, split), settings, seed, torch.device("cpu"))


def spoken(dialogs, found):
    """Return [(context, response, samples)] as texts, in the order of the source."""
    arrays = found.arrays(dialogs)
    order = np.argsort(arrays["responses/index"])
    names = ("context", "response", "samples")
    return [tuple(arrays[f"responses/{name}"][row] for name in names) for row in order]


def test_each_sample_answers_its_own_context(dialogs):
    found = asked(dialogs, samples=4)
    read = spoken(dialogs, found)
    assert [(context, response) for context, response, _ in read] == [
        ("A: <d>\nA: one", "two"),
        ("A: <d>\nA: one\nB: two", "three"),
        ("A: <d>\nA: one\nB: two\nA: three", "four"),
        ("A: <d>\nA: six", "seven seven"),
        ("A: <d>\nA: six\nB: seven seven", "eight"),
        ("A: <d>\nA: below", "above"),
    ]
    heard = [{text.split()[0] for text in samples} for _, _, samples in read]
    assert heard == [{word} for word in ("one", "two", "three", "six", "seven", "below")]


def test_z_is_the_priors_and_its_noise_that_of_the_response(dialogs):
    found = asked(dialogs, seed=5, samples=40)
    lines = found.split.index[found.rows]
    positive = sentence_noise(5, lines, 40, 1, STREAM)[:, :, 0].T > 0
    signs = [[dialogs.vocabulary.words[ids[1]] for ids in few] for few in found.samples]
    for line, said, expected in zip(lines, signs, positive.tolist(), strict=True):
        if line in (6, 7):  # of the second topic, where z is about 100
            assert set(said) == {"above"}
        else:
            assert said == [SIGNS[above] for above in expected]


def test_noise_is_no_other_ones():
    """As it was with 2^32 added to the seed, which NumPy reads as a zero after the line."""
    lines = range(50)
    streams = [sentence_noise(0, lines, 1, 2, stream) for stream in (0, STREAM)]
    every = torch.cat(streams, dim=1).flatten(0, 1)
    assert len(torch.unique(every, dim=0)) == 100
    for other in (VALIDATION, AGGRESSIVE, REFINING):
        drawn = [np.random.default_rng([0, step, other]).standard_normal(2, "f") for step in lines]
        assert not (every[:, None] == torch.tensor(np.array(drawn))).all(-1).any()


@pytest.mark.parametrize(
    "decoder",
    [{"method": "greedy"}, {"method": "beam", "width": 3}],
    ids=lambda decoder: decoder["method"],
)
def test_samples_do_not_depend_on_what_is_decoded_together(dialogs, monkeypatch, decoder):
    expected = asked(dialogs, decoder=decoder).samples
    monkeypatch.setattr(module, "BATCH_SIZE", 2)
    assert asked(dialogs, decoder=decoder).samples == expected


def test_sampled_words_follow_from_the_seed(dialogs):
    decoder = {"method": "sample", "temperature": 30.0}
    found = [asked(dialogs, seed=seed, decoder=decoder).samples for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("length", [1, 3])
def test_a_response_that_does_not_end_is_cut(dialogs, length):
    found = asked(dialogs, stops=False, maximum_length=length)
    assert {len(ids) for few in found.samples for ids in few} == {length}


def test_references_are_those_of_the_window(dialogs):
    single = asked(dialogs)
    test = dialogs.test
    found = retrieved_references(test, dialogs.train, dialogs.vocabulary, neighbours=2)
    several = asked(replace(dialogs, test=replace(test, references=found)))
    assert all(len(given) == 1 for given in single.references)
    assert [given[0] for given in several.references] == [given[0] for given in single.references]
    assert max(map(len, several.references)) > 1
    assert several.samples == single.samples


def test_a_context_of_one_utterance_is_one_where_windows_are_that_short():
    dialogs = built(TALKS, backward_size=2)
    contexts = [context for context, _, _ in spoken(dialogs, asked(dialogs))]
    assert contexts == ["A: one", "B: two", "A: three", "A: six", "B: seven seven", "A: below"]


def test_empty_utterances_are_heard_and_are_references():
    dialogs = built([talk("one", "", "three"), talk(*SIGNS), talk("", "two")])
    read = spoken(dialogs, asked(dialogs))
    assert ("A: <d>\nA: one", "") in [row[:2] for row in read]
    assert ("A: <d>\nA: one\nB: ", "three") in [row[:2] for row in read]
    assert ("A: <d>\nA: ", "two") in [row[:2] for row in read]


def test_long_contexts_are_those_of_the_window():
    dialogs = built([long_talk(13), talk(*SIGNS)])
    contexts = [context.split("\n") for context, _, _ in spoken(dialogs, asked(dialogs))]
    assert [len(context) for context in contexts[:12]] == [2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9]
    assert contexts[11][0] == "B: word3"


def test_dialogs_without_a_second_turn_are_refused_clearly():
    dialogs = built([talk("one"), talk("two")])
    with pytest.raises(InputError, match=r"no response has a context.*responses null") as caught:
        asked(dialogs)
    assert "\n" not in str(caught.value)

"""Fine-tuning on sentences of one word: which weights are kept, which draws are learnt."""

import numpy as np
import pytest
import torch
from tiny import MODEL, model_of

from kl_annealing.classification.fine_tuning import fine_tuned
from kl_annealing.classification.learners import Task
from kl_annealing.data import Corpus, Split, Vocabulary

CPU = torch.device("cpu")
WORDS = Vocabulary(["<pad>", "<unk>", "<s>", "</s>", "a", "b"])
MIXED, EVERY = [0, 1] * 8, np.arange(16)
SETTINGS = {
    "epochs": 5, "maximum_steps": None, "validations": 5, "learning_rate": 0.02, "batch_size": 4,
}  # fmt: skip


def split(labels):
    """Return a sentence for each label; its only word tells the class."""
    tokens = np.array([[2, 4 + label, 3] for label in labels], np.int32)
    lengths = np.full(len(labels), 3, np.int32)
    return Split(tokens, lengths, np.arange(len(labels)), np.array(labels))


def corpus(train=MIXED, valid=MIXED):
    return Corpus("tiny", WORDS, split(train), split(valid), split(MIXED))


def fresh():
    torch.manual_seed(0)
    return model_of(MODEL, len(WORDS))


def tuned(data, rows=EVERY, **changes):
    return fine_tuned(fresh(), data, rows, 2, SETTINGS | changes, 0, CPU)


@pytest.mark.parametrize("label", [0, 1], ids=["others as good", "others worse"])
def test_the_weights_before_any_update_are_kept_unless_others_are_better(label):
    fitted = tuned(corpus(train=[label] * 16, valid=[0] * 16))  # all are at first of class 0
    assert fitted.chosen == 0
    np.testing.assert_array_equal(fitted.test, 0.5)


def test_the_weights_that_are_kept_are_those_of_a_training_that_ends_with_them():
    fitted = tuned(corpus())
    assert 0 < fitted.chosen < 20  # four batches an epoch
    ended = tuned(corpus(), maximum_steps=fitted.chosen, validations=1)
    np.testing.assert_array_equal(fitted.test, ended.test)
    assert (fitted.test.argmax(1) == MIXED).all()


def test_the_encoder_is_in_training_mode_for_its_updates_alone():
    modes, model = set(), fresh()
    model.encoder.register_forward_hook(
        lambda encoder, *_: modes.add((torch.is_grad_enabled(), encoder.training))
    )
    fine_tuned(model, corpus(), EVERY, 2, SETTINGS, 0, CPU)
    assert modes == {(True, True), (False, False)}  # cuDNN: no gradient of an LSTM in eval mode


def test_the_first_draws_are_learnt():
    draws = [EVERY[:4], EVERY[4:10], EVERY[:14]]  # of one update, two and four
    settings = {"fine_tuned": SETTINGS | {"epochs": 1, "draws": 2}, "seed": 0}
    task = Task(corpus(), 2, None, fresh, settings, False, CPU)
    found = task.learn("fine_tuned", draws)
    expected = [tuned(corpus(), rows, epochs=1) for rows in draws[:2]]
    np.testing.assert_array_equal([fitted.test for fitted in found], [e.test for e in expected])

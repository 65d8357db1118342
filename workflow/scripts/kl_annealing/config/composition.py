"""Which techniques do not go together: pairs of blocks that have no meaning, by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from kl_annealing.axes import AXES, has_latent
from kl_annealing.config.tasks import DIALOG_MODELS, SENTENCE_MODELS, TENSE_MODELS
from kl_annealing.data.sources import generator_settings, kind_of, text_options
from kl_annealing.data.tense.forms import condition_width
from kl_annealing.given_texts import encoder_limit
from kl_annealing.schema import Problem, completed, definition, without_defaults

Blocks = Mapping[str, Mapping[str, Any]]
# Strategies that train with any objective: others refine posteriors by the bound alone.
ANY_OBJECTIVE = ("standard", "aggressive", "collaborative")
# Strategies that ask of a posterior no more than samples with their densities.
ANY_POSTERIOR = ("standard", "collaborative")
REFINING = ("svi", "sa_vae")
# Models whose `encoder` is all that makes q of the data, and `decoder` all that makes data of z: a
# CVAE's features of the context, a CVED's posterior of codes and a condition stand beside them.
WITH_WHOLE_PARTS = ("vae", "image_vae")
MOST_POINTS = 10_000  # of a grid of z, at each of which every sentence is decoded; 400 published


def composition_problems(run_blocks: Blocks) -> Iterator[Problem]:
    """Return what is wrong with the blocks of a run together, each sound by itself."""
    for check in CHECKS:
        yield from check(run_blocks)


def sentence_length_problems(
    model: Mapping[str, Any], name: str, definition: Mapping[str, Any]
) -> Iterator[Problem]:
    """Find a dataset whose longest sentence exceeds the fixed length of the model's encoder."""
    limit = encoder_limit(model)
    if limit and (longest := _longest(definition)) > limit.words:
        text = (
            f"{name} keeps sentences of {longest} words; allowed: {longest + 1} up, or a dataset "
            f"of maximum_length {limit.words}"
        )
        yield Problem("model.encoder.length", text, f" = {model['encoder']['length']}")


def _longest(definition: Mapping[str, Any]) -> int:
    """Return the most words that a sentence of the dataset can have."""
    if kind_of(definition) == "one_hot":
        return generator_settings(definition)["length"]
    return text_options(definition)["maximum_length"]


def _word_vectors(run: Blocks) -> Iterator[Problem]:
    """Find word vectors that are to be one and cannot be."""
    model = run["model"]
    decoder = model.get("decoder", {})
    kind, tied = model.get("embedding", "separate"), decoder.get("output") == "tied"
    width = decoder.get("embedding_dim")
    if kind == "shared" and (given := model["encoder"]["embedding_dim"]) != width:
        text = f"embedding shared has the decoder's width; allowed: {width}"
        yield Problem("model.encoder.embedding_dim", text, f" = {given}")
    if model.get("frozen_last_embedding") and (kind != "separate" or tied):
        with_what = "decoder.output tied" if kind == "separate" else f"embedding {kind}"
        text = f"{with_what} trains that word vector elsewhere; allowed: false"
        yield Problem("model.frozen_last_embedding", text, " = true")


def _counted_padding(run: Blocks) -> Iterator[Problem]:
    """Find padding that is to be counted up to a length that is not fixed."""
    model = run["model"]
    if model.get("padding_counted") and model["encoder"]["kind"] != "cnn":
        text = f"encoder {model['encoder']['kind']} has no fixed length; allowed: false, or cnn"
        yield Problem("model.padding_counted", text, " = true")


def _without_latent(run: Blocks) -> Iterator[Problem]:
    """Find posteriors and objectives of a model that has no latent variable."""
    if has_latent(run["model"]):
        return
    for axis in ("posterior", "objective"):
        if run[axis] != completed(AXES[axis].idle, axis):
            text = f"model {run['model']['kind']} has no latent variable; allowed: the default"
            yield Problem(axis, text, f" = {without_defaults(run[axis], definition(axis))}")


def _sentence_vae(run: Blocks) -> Iterator[Problem]:
    """Find what only the sentence VAE has, at another model."""
    model = run["model"]["kind"]
    if model == "vae" or not has_latent(run["model"]):
        return
    if run["posterior"]["kind"] != "gaussian":
        text = f"is not defined for model {model}; allowed: gaussian"
        yield Problem("posterior.kind", text, f" = {run['posterior']['kind']!r}")
    weight = run["objective"]["bag_of_words"]
    if weight and model not in DIALOG_MODELS:
        text = f"is not defined for model {model}; allowed: 0"
        yield Problem("objective.bag_of_words", text, f" = {weight}")


def _dialog_acts(run: Blocks) -> Iterator[Problem]:
    """Find a prediction of dialog acts that nothing makes, or that nothing teaches."""
    model, weight = run["model"]["kind"], run["objective"]["dialog_act"]
    if not has_latent(run["model"]):
        return
    if weight and model != "kgcvae":
        text = f"is not defined for model {model}; allowed: 0, or model kgcvae"
        yield Problem("objective.dialog_act", text, f" = {weight}")
    if model == "kgcvae" and not weight:
        text = "model kgcvae would generate by dialog acts that it never learns; allowed: above 0"
        yield Problem("objective.dialog_act", text, f" = {weight}")


def _point(run: Blocks) -> Iterator[Problem]:
    """Find what needs the density, or the KL, that the one point of an autoencoder has not."""
    if run["posterior"]["kind"] != "point" or run["model"]["kind"] != "vae":
        return
    if (strategy := run["strategy"]["kind"]) != "standard":
        text = "needs a density, posterior point has none; allowed: standard"
        yield Problem("strategy.kind", text, f" = {strategy!r}")
    if run["objective"]["free_bits"]:
        text = "posterior point has no KL, so nothing can be free; allowed: null"
        yield Problem("objective.free_bits", text)


def _estimated_kl(run: Blocks) -> Iterator[Problem]:
    """Find what needs more of an inverse autoregressive posterior than its samples tell."""
    if run["posterior"]["kind"] != "iaf" or run["model"]["kind"] != "vae":
        return
    width, latent_dim = run["posterior"]["hidden_dim"], run["model"]["latent_dim"]
    if width < latent_dim:
        text = f"a flow of {latent_dim} dimensions needs as many units; allowed: {latent_dim} up"
        yield Problem("posterior.hidden_dim", text, f" = {width}")
    free = run["objective"]["free_bits"]
    if free and free["of"] != "batch":
        text = "posterior iaf estimates a KL by one sample, so only their mean; allowed: batch"
        yield Problem("objective.free_bits.of", text, f" = {free['of']!r}")
    if (strategy := run["strategy"]["kind"]) not in ANY_POSTERIOR:
        text = "needs the Gaussian that posterior iaf is not; allowed: standard"
        yield Problem("strategy.kind", text, f" = {strategy!r}")


def _refinement(run: Blocks) -> Iterator[Problem]:
    """Find objectives that a strategy would leave out where it refines posteriors."""
    strategy, objective = run["strategy"]["kind"], run["objective"]
    if strategy in ANY_OBJECTIVE or not has_latent(run["model"]):
        return
    if changed := without_defaults(objective, definition("objective")):
        text = f"strategy {strategy} refines posteriors by the bound alone; allowed: the default"
        yield Problem("objective", text, f" = {changed}")


def _collaborative(run: Blocks) -> Iterator[Problem]:
    """Find a model cved without its strategy, or the reverse."""
    model, strategy = run["model"]["kind"], run["strategy"]["kind"]
    if model == "cved" and strategy != "collaborative":
        text = "model cved is trained in two phases; allowed: collaborative"
        yield Problem("strategy.kind", text, f" = {strategy!r}")
    if strategy == "collaborative" and model != "cved":
        text = "strategy collaborative trains the phases of another model; allowed: cved"
        yield Problem("model.kind", text, f" = {model!r}")


def _selection(run: Blocks) -> Iterator[Problem]:
    """Find a selection by losses at several betas: the least beta would win."""
    selection, shape = run["training"]["selection"], run["schedule"]["shape"]
    if selection == "loss" and shape != "constant":
        line = f"compares losses at one beta, schedule.shape is {shape}; allowed: bound"
        yield Problem("training.selection", line, " = 'loss'")


def _aggressive(run: Blocks) -> Iterator[Problem]:
    """Find examples for which the options of aggressive training have no meaning."""
    strategy, model = run["strategy"], run["model"]["kind"]
    if strategy["kind"] != "aggressive" or not has_latent(run["model"]):
        return
    words = model in (*SENTENCE_MODELS, *DIALOG_MODELS, *TENSE_MODELS)
    if words and strategy["inner_batches"] == "examples":
        why = "have one length" if model in SENTENCE_MODELS else "are chosen together"
        text = f"the sentences of a batch of {model} {why}; allowed: batches"
        yield Problem("strategy.inner_batches", text, " = 'examples'")
    if not words and strategy["loss_per"] == "word":
        text = f"{model} predicts no words; allowed: example"
        yield Problem("strategy.loss_per", text, " = 'word'")


def _refined(run: Blocks) -> Iterator[Problem]:
    """Find models without a posterior to refine, and refinements that teach nothing."""
    strategy = run["strategy"]
    kind = strategy["kind"]
    if kind not in REFINING:
        return
    model = run["model"]["kind"]
    if not has_latent(run["model"]):
        text = f"model {model} has no posterior to refine; allowed: standard"
        yield Problem("strategy.kind", text, f" = {kind!r}")
    elif model not in SENTENCE_MODELS:
        text = f"refines posteriors of sentences, not of {model}; allowed: standard, aggressive"
        yield Problem("strategy.kind", text, f" = {kind!r}")
    if strategy.get("encoder") == "kl" and not strategy["steps"]:
        text = "encoder kl learns from the refined posterior, so it needs one; allowed: 1 to 200"
        yield Problem("strategy.steps", text, " = 0")


def _kept_parts(run: Blocks) -> Iterator[Problem]:
    """Find models of which an encoder and a decoder are not all that was pre-trained."""
    model, kind = run["model"]["kind"], run["initial"]["kind"]
    if kind != "fresh" and has_latent(run["model"]) and model not in WITH_WHOLE_PARTS:
        allowed = f"fresh, or model {', '.join(WITH_WHOLE_PARTS)}"
        text = f"model {model} has more parts than an encoder and a decoder; allowed: {allowed}"
        yield Problem("initial.kind", text, f" = {kind!r}")


def _initial(run: Blocks) -> Iterator[Problem]:
    """Find encoders that cannot be kept without the decoder, or that are never used."""
    initial = run["initial"]
    if initial["kind"] == "fresh" or "decoder" in initial["keep"]:
        return
    if run["model"].get("embedding") == "shared":
        text = "the decoder's word vectors would be kept too; allowed: normalised, separate"
        yield Problem("model.embedding", text, " = 'shared'")
    if run["strategy"]["kind"] == "svi":
        text = "strategy svi has no encoder to keep; allowed: [decoder], [encoder, decoder]"
        yield Problem("initial.keep", text, f" = {initial['keep']}")


def _differences(run: Blocks) -> Iterator[Problem]:
    """Find differences of gradients that are smaller than their rounding."""
    differences = run["strategy"].get("gradients") == "finite_differences"
    if differences and run["training"]["precision"] == "bfloat16":
        text = "bfloat16 rounds away the differences of gradients; allowed: exact"
        yield Problem("strategy.gradients", text, " = 'finite_differences'")


def _posterior_means(run: Blocks) -> Iterator[Problem]:
    """Find posterior mean spaces of more than one dimension, of no Gaussian or of no encoder."""
    if run["training"]["posterior_means"] is None:
        return
    latent_dim, posterior = run["model"].get("latent_dim", 0), run["posterior"]["kind"]
    if latent_dim != 1:
        line = f"needs scalar z; model.latent_dim is {latent_dim}, allowed: 1"
        yield Problem("training.posterior_means", line)
    if posterior != "gaussian":
        line = f"needs the posterior's mean; posterior.kind is {posterior!r}, allowed: 'gaussian'"
        yield Problem("training.posterior_means", line)
    if (strategy := run["strategy"]["kind"]) in REFINING:
        line = "would move the encoder's mean, which posterior_means show"
        allowed = "standard, aggressive"
        yield Problem("strategy.kind", f"{line}; allowed: {allowed}", f" = {strategy!r}")
    reach, step = (run["training"]["posterior_means"][key] for key in ("reach", "step"))
    if not 2 <= (points := round(2 * reach / step)) <= MOST_POINTS:
        line = f"the grid has {points} points of z; allowed: 2 to {MOST_POINTS}"
        yield Problem("training.posterior_means.step", line, f" = {step}")


def _teacher_forcing(run: Blocks) -> Iterator[Problem]:
    """Find teacher forcing that is given up by what never samples its own inputs."""
    if run["teacher_forcing"] == completed(AXES["teacher_forcing"].idle, "teacher_forcing"):
        return
    model, strategy = run["model"]["kind"], run["strategy"]["kind"]
    if model not in TENSE_MODELS:
        text = f"model {model} always reads the true words; allowed: the default"
        yield Problem("teacher_forcing", text)
    elif strategy != "standard":
        text = f"strategy {strategy} always reads the true words; allowed: standard"
        yield Problem("strategy.kind", text, f" = {strategy!r}")


def _room_for_condition(run: Blocks) -> Iterator[Problem]:
    """Find conditions that leave nothing of the decoder's state to the latent variable."""
    model = run["model"]
    if "condition" not in model:
        return
    width = condition_width(model["condition"])
    if model["hidden_dim"] <= width:
        text = f"the condition takes {width} of them; allowed: {width + 1} up"
        yield Problem("model.hidden_dim", text, f" = {model['hidden_dim']}")


def _shared_map(run: Blocks) -> Iterator[Problem]:
    """Find a map that is shared by the one latent variable that there is."""
    model = run["model"]
    if model.get("shared_latent_map") and model["recurrent"] == "gru":
        text = "a gru has one latent variable, with nothing to share its map; allowed: false"
        yield Problem("model.shared_latent_map", text, " = true")


CHECKS = (
    _teacher_forcing,
    _shared_map,
    _room_for_condition,
    _without_latent,
    _sentence_vae,
    _dialog_acts,
    _point,
    _estimated_kl,
    _refinement,
    _collaborative,
    _selection,
    _aggressive,
    _refined,
    _kept_parts,
    _initial,
    _differences,
    _posterior_means,
    _word_vectors,
    _counted_padding,
)

"""Every name that foreign code is known by: the one table of spellings.

Layers are written in many styles. What they call their two passes, their parameters, the
gradients of these, what a backward pass takes besides the upstream gradient, where a pass leaves
what it does not return: whoever teaches the checker another style adds the name here, and every
part of it knows the name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from minnet.patterns import pattern
from minnet.records import NamedTuple

# --- the two passes -----------------------------------------------------------------------


class Passes(NamedTuple):
    """The names of the two passes of a class; `course` where they belong to one course alone."""

    forward: str
    backward: str
    course: str = ""


#: what a layer calls its passes, the most usual first
LAYER_PASSES = (
    Passes("forward", "backward"),
    Passes("__call__", "backward"),
    Passes("forward_propagation", "backward_propagation"),
    Passes("forward_propagate", "backward_propagate"),
    Passes("forward_pass", "backward_pass"),
    Passes("forward_prop", "backward_prop"),
    Passes("feed_forward", "back_propagate"),
    Passes("feedforward", "backpropagate"),
    Passes("forward", "backwards"),
    Passes("fprop", "bprop", course="fprop"),
)
#: what a loss calls them; in the book nnfs `forward` gives a loss for each sample
LOSS_PASSES = (Passes("calculate", "backward"), *LAYER_PASSES)
#: how the derivative of a function X is called that stands beside it
DERIVATIVE_NAMES = (
    "{}_prime", "{}_derivative", "{}_deriv", "{}_grad", "{}_gradient", "{}_der", "{}Prime",
    "{}_derivate", "{}Derivative", "{}Grad", "{}Gradient", "{}Deriv", "d_{}", "d{}", "{}_d",
    "derivative_{}", "derivative_of_{}", "deriv_{}", "grad_{}", "gradient_{}", "{}_dx", "{}prime",
    "der_{}", "prime_{}", "{}_derv", "{}_dz", "{}_back", "{}_derive",
)  # fmt: skip
#: a function gives its derivative where such an argument is True
DERIVATIVE_FLAGS = ("deriv", "derivative", "derive", "prime", "der", "grad", "is_derivative")
#: the two methods of a class that is a function with its derivative; of a loss likewise
FUNCTION_METHODS = (
    "forward", "fn", "f", "function", "func", "activate", "activation", "activation_function",
    "loss", "cost", "error", "compute", "compute_loss", "calculate", "calc", "apply", "evaluate",
    "value", "penalty", "call", "__call__",
)  # fmt: skip
DERIVATIVE_METHODS = (
    "gradient", "grad", "derivative", "prime", "f_prime", "df", "deriv", "derive", "delta",
    "fn_prime", "fprime", "gradients", "loss_derivative", "loss_prime", "loss_gradient",
    "loss_grad", "cost_derivative", "cost_prime", "error_prime", "derivation", "compute_gradient",
    "delta_L", "activation_derivative", "activation_prime", "activate_derivative", "diff", "d",
)  # fmt: skip
#: how the names of two functions that belong together go on: conv_forward, conv_backward
FORWARD_SUFFIXES = ("forward", "fwd")
BACKWARD_SUFFIXES = ("backward", "bwd")

# --- gradients ----------------------------------------------------------------------------

#: how the gradient of X may be called
GRADIENTS = (
    "d{}", "dLd{}", "grad_{}", "{}_grad", "d_{}", "dL_d{}", "grad{}", "{}grad", "dL{}",
    "dJd{}", "dEd{}", "{}_gradient", "{}_gradients", "gradient_{}", "delta_{}", "D{}",
    "grad_{}_current", "{}Grad", "dl_d{}", "dl{}", "delta{}",
)  # fmt: skip
#: dicts that may hold gradients by the parameter's name
GRADIENT_DICTS = ("grads", "gradients", "grad", "gradient", "dparams", "derivatives", "g")
#: where a backward that returns nothing may have left the gradient of the input
INPUT_GRADIENTS = (
    "dinputs", "dinput", "dx", "dX", "dLdA", "dLdZ", "grad_input", "dInputs", "dInput",
    "d_inputs", "d_input",
)  # fmt: skip
_ALIASES = (("W", "w", "weights", "weight", "gamma"), ("b", "biases", "bias", "beta"))


@functools.cache
def gradient_names(name: str) -> tuple[str, ...]:
    """Return every spelling of the gradient of a variable, the most usual first.

    >>> gradient_names("W")[:5]
    ('dW', '_dW', 'dLdW', '_dLdW', 'grad_W')
    >>> "_grad_W_current" in gradient_names("_W")
    True
    """
    bare = name.lstrip("_")
    found = [
        spelled
        for form in GRADIENTS
        for spelled in (form.format(bare), "_" + form.format(bare), form.format(name))
    ]
    if len(bare) > 1:  # dWeights
        found += [form.format(bare[0].upper() + bare[1:]) for form in GRADIENTS]
    return tuple(dict.fromkeys(found))


def other_names(name: str) -> tuple[str, ...]:
    """Return what else a parameter may be called, in the name of its gradient: weight, with dw.

    >>> other_names("bias"), other_names("alpha")
    (('b', 'biases', 'beta'), ())
    """
    bare = name.lstrip("_")
    same = next((names for names in _ALIASES if bare in names), ())
    return tuple(other for other in same if other != bare)


# --- parameters ---------------------------------------------------------------------------

PARAMETER_DICTS = ("params", "parameters", "param", "weights_dict")
#: names that mean a parameter even where no gradient is found, so that it is reported missing
USUAL_PARAMETERS = frozenset(
    ["W", "b", "w", "weights", "weight", "bias", "biases", "gamma", "beta", "BW", "Bb"]
    + ["kernel", "kernels", "filters", "filter", "Wx", "Wh", "Wxh", "Whh", "Why", "bh", "by"]
    + ["W1", "b1", "W2", "b2", "W_x", "W_h", "W_ih", "W_hh", "b_ih", "b_hh", "embedding"]
)
#: the attributes of a parameter that is an object of its own
BOXED_VALUES = ("value", "data")
BOXED_GRADIENTS = ("grad", "gradient")
#: attributes that may hold a model's layers, in order
LAYER_LISTS = ("layers", "modules", "sequence", "blocks", "layer_list")
#: the short names of what is spelled out; of a recurrent layer, for its input and its state
_LETTERS = (
    ("wx", pattern(r"w(eights?)?_(in|inputs?|ih|x|xh)")),
    ("wh", pattern(r"w(eights?)?_(hid(den)?|state|hh|h|rec(urrent)?)")),
    ("w", pattern(r"weights?")),
    ("b", pattern(r"bias(es)?")),
)


def parameter_letter(name: str) -> str:
    """Return the short name of a parameter, in lower case.

    >>> [parameter_letter(name) for name in ("Weights", "Wx", "weight_hidden", "gamma")]
    ['w', 'wx', 'wh', 'gamma']
    """
    low = name.lower()
    return next((letter for letter, names in _LETTERS if names.fullmatch(low)), low)


# --- what the passes take and leave besides -----------------------------------------------

LEARNING_RATES = ("learning_rate", "lr", "eta", "learningrate", "learn_rate")
#: what may be a learning rate too, but not as the first that backward takes
LATER_LEARNING_RATES = ("alpha",)
#: the share of the last step that a layer which updates itself keeps
MOMENTA = ("momentum", "mu", "mom")
CACHES = ("cache", "caches", "memory", "saved", "ctx", "tape", "residuals", "stash")
#: the first that a static pass takes: where forward keeps what backward needs
CONTEXTS = ("ctx", "context", "_ctx", "fctx", "c", "cache")
#: where a forward that returns nothing may have left its output
OUTPUTS = ("output", "outputs", "out", "A", "a")
#: where the forward of a loss that returns nothing may have left it
LOSSES_LEFT = ("loss", "loss_value", "cost", "cost_value", "value", "error", "output")
_TRAINING_FLAG = pattern(r"_?(is|if|in|for)?_?train(ing)?_?(flg|flag|mode|phase)?", re.I)
_AVERAGE = pattern(r"(?<![a-z])(running|moving|ema(?![a-z]))")


def is_learning_rate(name: str, position: int) -> bool:
    """Return whether the parameter of backward at `position` is a learning rate."""
    return name.lower() in LEARNING_RATES or (name in LATER_LEARNING_RATES and position > 0)


def is_training_flag(name: str) -> bool:
    """Return whether something says by its name that this is training: train_flg, is_training."""
    return _TRAINING_FLAG.fullmatch(name) is not None


def is_penalty(name: str) -> bool:
    """Return whether something is by its name the strength of a penalty: lambd, weight_decay."""
    return re.fullmatch(PENALTY, name) is not None


def is_upstream_name(name: str) -> bool:
    """Return whether a parameter of backward is by its name an upstream gradient.

    >>> [is_upstream_name(name) for name in ("dout", "grad_h", "out_grad", "saved")]
    [True, True, True, False]
    """
    return re.match(_UPSTREAM, name.lower()) is not None


_UPSTREAM = (
    r"_?(d(?!ata|im|ist|ic)|grad|g_|g$|delta|upstream|"
    r"(out(put)?|top|next|prev(ious)?|accum\w*)_?(grad|delta|diff|err))"
)


def is_kept_average(name: str) -> bool:
    """Return whether an array is an average that a layer keeps, and so may change.

    >>> is_kept_average("bn_param['running_mean']"), is_kept_average("remaining")
    (True, False)
    """
    return _AVERAGE.search(name.lower()) is not None


# --- settings, as constructors name them ----------------------------------------------------

#: attributes that are the two sides of a window for certain, and that are one side or both
WINDOW_PAIRS = (("pool_height", "pool_width"), ("pool_h", "pool_w"), ("kernel_h", "kernel_w"))
WINDOW_SIZES = ("kernel", "kernel_size", "pool_size", "window_size", "filter_size")
#: attributes that are the share of numbers dropped
DROPPED_SHARES = ("rate", "dropout_ratio", "p")

#: marks what is on arrays that its author has on tensors
IN_TENSORS = "minnet_in_tensors"

# Patterns that the whole of a name has to match; many match only in the layer they belong to.
INPUT_SIZE = (
    r"in|n_?in|num_?in|fan_?in|d_?in|in_?\w*|input_?(size|dim|dims|features|units|shape)?|"
    r"inputs|n_?inputs?|num_?inputs?|n_?x|D|nin|num_features|n_features|dim|features|"
    r"d_model|n|normalized_shape|input_channels?|channels?|n_channels|num_channels"
)
OUTPUT_SIZE = (
    r"out|n_?out|num_?out|fan_?out|d_?out|out_?\w*|output_?(size|dim|dims|features|units)?|"
    r"outputs|n_?outputs?|num_?outputs?|units|n_?units|num_?units|n_?neurons|neurons|"
    r"num_?neurons|M|nout|hidden_?(size|dim|units)|n_?hidden|H|filters|num_?filters|n_?filters|"
    r"depth|embedding_dim|size|output_channels?|d_ff|d_inner|ffn?_dim|dim_feedforward|ff_\w+"
)
WINDOW_SIDE = (
    r"kernel_?(size|h|w|height|width)?|pool_?(size|h|w|height|width)?|"
    r"filter_?(size|h|w|height|width)|window_?(size)?|[kfp]_?size|k|f|size"
)
STRIDE = r"strides?|s|(up|down)sampling_factor|factor|scale_factor|dilation"
PADDING = r"pad|padding|p|pads"
DROP_RATE = r"rate|p|ratio|dropout_\w*|drop_?\w*|keep_?\w*|prob|probability"
HEADS = r"(n|num|n_|num_)?_?heads?|h"
ATTENTION_WIDTH = r"d|dim|embed\w*|d_\w+|\w*_dim|\w*_size|\w*features|D|C|n_embd|\w*channels"
VOCABULARY_SIZE = r"(\w+_)?vocab\w*|n_?words|num_words|num_embeddings|V|n_tokens|dictionary_size"
SLOPE = r"alpha|slope|negative_slope|beta|leak|a"
GROUPS = r"(num_|n_)?groups?|G"
PENALTY = (
    r"(\w+_)?l[12](_\w+)?|lamb?da_?|lambd|(weight_)?decay|reg(_strength|_lambda)?|"
    r"regulari[sz]ation(_\w+)?|(\w+_)?penalty"
)
LENGTH = (
    r"max_?(seq(uence)?_?)?len(gth)?|seq(uence)?_?len(gth)?|block_size|context_\w+|n_ctx|"
    r"max_\w*positions?\w*"
)
HOW_MANY = r"(n|num)_?(layers|blocks|stacks)"
GENERATOR = r"rng|generator|random_state"
SEED = r"seed|random_seed"

# --- losses -------------------------------------------------------------------------------

#: a class of such a name is a loss
LOSS_CLASS = r"loss|crossentropy|cross_entropy|mse|hinge|softmaxwith|criterion|^l[12]$|error"
_PREDICTION = pattern(r"(y_?)?(hat|preds?|predicted|predictions?)|pred_?y|outputs?", re.I)
#: in a book's losses the backward is given what forward was, or gave, under such a name
OWN_OUTPUTS = frozenset(["dvalues", "d_values"])
#: names that leave no doubt that an argument is the target
_CERTAIN_TARGET = pattern(
    r"(y_?)?(true|targets?|labels?|truth|expected|actual|gt)|ground_?truth|true_?(y|labels?)", re.I
)
#: names that many use for the target, and some for the prediction: y beside t or d is that
LIKELY_TARGETS = {"y": 1, "Y": 1, "d": 2, "D": 2, "t": 3, "T": 3}


# --- inputs that have no gradient ---------------------------------------------------------

_DATA = pattern(
    r"(\w+_)?(mask|masks|times?|timesteps?|timestamps?|positions?|weighting|one_?hot|indices)|"
    r"\w*mask|dts?|ts|rois?|regions?|bbox\w*|boxes|adj\w*|A|[aA]_?(hat|norm)|laplacian|edges?|"
    r"(sample|class|instance|example)_?weights?|importance|pos|idx|noise|eps|epsilon|knots|grid|"
    r"lengths?|lens"
)
_OWED = pattern(
    r"(x|z|h|c|q|k|v|u|a|b|inp|inputs?|quer(y|ies)|keys?|values?|hidden|cell|states?|features?|"
    r"embeddings?|logits|scores?|src|left|right|other|skip|residual)(_?\d+|_?prev|_?t)?"
)


def is_data_name(name: str) -> bool | None:
    """Return whether an input of this name is data, to which no gradient is owed.

    None where the name leaves it open.

    >>> is_data_name("attn_mask"), is_data_name("x"), is_data_name("gamma"), is_data_name("foo")
    (True, False, False, None)
    """
    if is_target(name) or _DATA.fullmatch(name):
        return True
    owed = name in USUAL_PARAMETERS or is_prediction(name) or _OWED.fullmatch(name.lower())
    return False if owed else None


# --- which of the two arguments of a loss is the target -----------------------------------


def is_prediction(name: str) -> bool:
    """Return whether an argument is by its name what a network says: y_pred, Y_hat."""
    return _PREDICTION.fullmatch(name) is not None


def is_certain_target(name: str) -> bool:
    """Return whether a name leaves no doubt that an argument is the target: y_true, labels."""
    return _CERTAIN_TARGET.fullmatch(name) is not None


def is_target(name: str) -> bool:
    """Return whether an argument may be the target by its name."""
    return is_certain_target(name) or name in LIKELY_TARGETS


def is_target_first(names: Sequence[str]) -> bool:
    """Return whether the two arguments of a loss are beyond doubt target and prediction.

    >>> [is_target_first(names) for names in (("y_true", "p"), ("y", "y_hat"), ("y", "d"))]
    [True, True, False]
    """
    first, second = names
    if is_certain_target(first):
        return not is_certain_target(second)
    return is_target(first) and is_prediction(second)


def is_target_more_likely_first(names: Sequence[str]) -> bool:
    """Return whether, of the two arguments of a loss, the first is rather the target.

    >>> is_target_more_likely_first(("t", "x")), is_target_more_likely_first(("y", "t"))
    (True, False)
    """
    first, second = (_likeness(name) for name in names)
    return first > second


def _likeness(name: str) -> int:
    if is_prediction(name):
        return -1
    return 4 if is_certain_target(name) else LIKELY_TARGETS.get(name, 0)

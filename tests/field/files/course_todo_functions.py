# check: affine not_implemented
# check: relu not_implemented
# check: affine_relu not_implemented
# check: dropout not_implemented
# check: softmax_loss not_implemented
# check: softmax_loss_naive not_implemented
# check: svm_loss_naive not_implemented
# check: FullyConnectedNet not_implemented
# check: leaky_relu not_implemented
"""The templates of an assignment, as they are handed out."""

import numpy as np


def affine_forward(x, w, b):
    """affine"""
    out = None
    ###########################################################################
    # TODO: Implement the affine forward pass.                                 #
    ###########################################################################
    pass
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = None, None, None
    pass
    return dx, dw, db


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    dx, x = None, cache
    pass
    return dx


def affine_relu_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout, cache):
    fc_cache, relu_cache = cache
    da = relu_backward(dout, relu_cache)
    return affine_backward(da, fc_cache)


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = None
    out = None
    if mode == "train":
        #######################################################################
        # TODO: Implement training phase forward pass for inverted dropout.   #
        #######################################################################
        pass
    elif mode == "test":
        pass
    cache = (dropout_param, mask)
    out = out.astype(x.dtype, copy=False)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    dx = None
    if mode == "train":
        pass
    elif mode == "test":
        dx = dout
    return dx


def softmax_loss(x, y):
    loss, dx = 0.0, np.zeros_like(x)
    pass
    return loss, dx


def softmax_loss_naive(W, X, y, reg):
    # Initialize the loss and gradient to zero.
    loss = 0.0
    dW = np.zeros_like(W)
    pass
    return loss, dW


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)  # initialize the gradient as zero
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1  # note delta = 1
            if margin > 0:
                loss += margin
    loss /= num_train
    loss += reg * np.sum(W * W)
    #############################################################################
    # TODO:                                                                     #
    #############################################################################
    pass
    return loss, dW


class FullyConnectedNet(object):
    def __init__(
        self,
        hidden_dims,
        input_dim=3 * 32 * 32,
        num_classes=10,
        reg=0.0,
        weight_scale=1e-2,
        dtype=np.float32,
    ):
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}
        pass
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        scores = None
        pass
        if mode == "test":
            return scores
        loss, grads = 0.0, {}
        pass
        return loss, grads


def leaky_relu_forward(x):
    return np.where(x > 0, x, 0.1 * x), x


def leaky_relu_backward(dout, cache):
    assert False, "to be implemented later"

# check: as_given pass
# check: wrong_as_given fail sign
# check: in_its_order pass
# check: in_the_documented_order pass
# check: wrong_in_its_order fail sign
# check: loss_first pass
# check: loss_last pass
# check: wrong_loss_last fail
# check: with_the_label pass
# check: wrong_with_the_label fail
# check: for_each_sample pass
# check: wrong_for_each_sample fail
"""Which argument is the prediction, what else forward returns, and what backward takes again."""

import numpy as np

from minnet import check_loss


class HalfSquares:
    """Its letters say nothing certain: t is what comes first."""

    def forward(self, t, x):
        self.e = t - 2 * x
        return 0.5 * float((self.e**2).sum())

    def backward(self):
        return self.e


class WrongHalfSquares(HalfSquares):
    def backward(self):
        return -self.e


class CrossEntropy:
    def forward(self, y_true, y_pred):
        self.y_true, self.y_pred = y_true, y_pred
        return -float((y_true * np.log(y_pred)).sum()) / len(y_true)

    def backward(self):
        return -self.y_true / self.y_pred / len(self.y_true)


class WrongCrossEntropy(CrossEntropy):
    def backward(self):
        return -super().backward()


def softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class SoftmaxLoss:
    def forward(self, scores, labels):
        self.p, self.labels = softmax(scores), labels
        loss = -float(np.log(self.p[np.arange(len(labels)), labels]).mean())
        return loss, self.p

    def backward(self):
        d = self.p.copy()
        d[np.arange(len(d)), self.labels] -= 1
        return d / len(d)


class LossLast(SoftmaxLoss):
    def forward(self, scores, labels):
        return super().forward(scores, labels)[::-1]


class WrongLossLast(LossLast):
    def backward(self):
        return self.p / len(self.p)


class WithTheLabel:
    def forward(self, scores, y):
        self.p = softmax(scores)
        return -float(np.log(self.p[np.arange(len(y)), y]).mean())

    def backward(self, label):
        return (self.p - np.eye(self.p.shape[1])[label]) / len(label)


class WrongWithTheLabel(WithTheLabel):
    def backward(self, label):
        return self.p - np.eye(self.p.shape[1])[label]


class ForEachSample:
    def forward(self, prediction, target):
        self.e = prediction - target
        return (self.e**2).mean(axis=1)

    def backward(self):
        return 2 * self.e / self.e.size


class WrongForEachSample(ForEachSample):
    def backward(self):
        return 2 * np.abs(self.e) / self.e.size


rng = np.random.default_rng(6)
SCORES, OTHER = rng.normal(size=(2, 5, 3))
LABELS = np.array([0, 2, 1, 1, 0])
ONE_HOT = np.eye(3)[LABELS]


def call_as_given():
    return check_loss(HalfSquares(), SCORES, OTHER)


def call_wrong_as_given():
    return check_loss(WrongHalfSquares(), SCORES, OTHER)


def call_in_its_order():
    return check_loss(CrossEntropy(), ONE_HOT, softmax(SCORES))


def call_in_the_documented_order():
    return check_loss(CrossEntropy(), softmax(SCORES), ONE_HOT)


def call_wrong_in_its_order():
    return check_loss(WrongCrossEntropy(), ONE_HOT, softmax(SCORES))


def call_loss_first():
    return check_loss(SoftmaxLoss(), SCORES, LABELS)


def call_loss_last():
    return check_loss(LossLast(), SCORES, LABELS)


def call_wrong_loss_last():
    return check_loss(WrongLossLast(), SCORES, LABELS)


def call_with_the_label():
    return check_loss(WithTheLabel(), SCORES, LABELS)


def call_wrong_with_the_label():
    return check_loss(WrongWithTheLabel(), SCORES, LABELS)


def call_for_each_sample():
    return check_loss(ForEachSample(), SCORES, OTHER)


def call_wrong_for_each_sample():
    return check_loss(WrongForEachSample(), SCORES, OTHER)

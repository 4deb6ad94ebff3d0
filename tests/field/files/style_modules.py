# check: Linear pass
# check: ReLU pass
# check: SoftMax pass
# check: BatchMeanSubtraction pass
# check: MSECriterion pass
# check: ClassNLLCriterion pass
# check: LeakyReLU fail
# check: Scale fail scale
"""Modules with updateOutput, updateGradInput(input, gradOutput) and accGradParameters."""

import numpy as np


class Module:
    def __init__(self):
        self.output = None
        self.gradInput = None
        self.training = True

    def forward(self, input):
        return self.updateOutput(input)

    def backward(self, input, gradOutput):
        self.updateGradInput(input, gradOutput)
        self.accGradParameters(input, gradOutput)
        return self.gradInput

    def updateOutput(self, input):
        raise NotImplementedError

    def updateGradInput(self, input, gradOutput):
        raise NotImplementedError

    def accGradParameters(self, input, gradOutput):
        pass

    def zeroGradParameters(self):
        pass

    def getParameters(self):
        return []

    def getGradParameters(self):
        return []


class Linear(Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        rng = np.random.default_rng(0)
        self.W, self.b = rng.standard_normal((n_out, n_in)), rng.standard_normal(n_out)
        self.gradW, self.gradb = np.zeros_like(self.W), np.zeros_like(self.b)

    def updateOutput(self, input):
        self.output = input @ self.W.T + self.b
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = gradOutput @ self.W
        return self.gradInput

    def accGradParameters(self, input, gradOutput):
        self.gradW += gradOutput.T @ input
        self.gradb += gradOutput.sum(axis=0)

    def zeroGradParameters(self):
        self.gradW.fill(0)
        self.gradb.fill(0)

    def getParameters(self):
        return [self.W, self.b]

    def getGradParameters(self):
        return [self.gradW, self.gradb]


class ReLU(Module):
    def updateOutput(self, input):
        self.output = np.maximum(input, 0)
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = gradOutput * (input > 0)
        return self.gradInput


class LeakyReLU(Module):
    def __init__(self, slope=0.03):
        super().__init__()
        self.slope = slope

    def updateOutput(self, input):
        self.output = np.where(input > 0, input, self.slope * input)
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = gradOutput * (input > 0)
        return self.gradInput


class Scale(Module):
    def updateOutput(self, input):
        self.output = 3 * input
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = 2 * gradOutput
        return self.gradInput


class SoftMax(Module):
    def updateOutput(self, input):
        e = np.exp(input - input.max(axis=1, keepdims=True))
        self.output = e / e.sum(axis=1, keepdims=True)
        return self.output

    def updateGradInput(self, input, gradOutput):
        y = self.output
        self.gradInput = y * (gradOutput - (gradOutput * y).sum(axis=1, keepdims=True))
        return self.gradInput


class BatchMeanSubtraction(Module):
    def __init__(self, alpha=0.0):
        super().__init__()
        self.alpha, self.old_mean = alpha, None

    def updateOutput(self, input):
        mean = input.mean(axis=0)
        if self.training:
            old = mean if self.old_mean is None else self.old_mean
            self.old_mean = self.alpha * old + (1 - self.alpha) * mean
        self.output = input - self.old_mean
        return self.output

    def updateGradInput(self, input, gradOutput):
        share = gradOutput.mean(axis=0) if self.training else 0
        self.gradInput = gradOutput - (1 - self.alpha) * share
        return self.gradInput


class Criterion:
    def __init__(self):
        self.output = None
        self.gradInput = None

    def forward(self, input, target):
        return self.updateOutput(input, target)

    def backward(self, input, target):
        return self.updateGradInput(input, target)

    def updateOutput(self, input, target):
        raise NotImplementedError

    def updateGradInput(self, input, target):
        raise NotImplementedError


class MSECriterion(Criterion):
    def updateOutput(self, input, target):
        self.output = np.sum((input - target) ** 2) / len(input)
        return self.output

    def updateGradInput(self, input, target):
        self.gradInput = 2 * (input - target) / len(input)
        return self.gradInput


class ClassNLLCriterion(Criterion):
    def updateOutput(self, input, target):
        self.output = -np.sum(np.log(np.clip(input, 1e-15, 1 - 1e-15)) * target) / len(input)
        return self.output

    def updateGradInput(self, input, target):
        self.gradInput = -target / np.clip(input, 1e-15, 1 - 1e-15) / len(input)
        return self.gradInput

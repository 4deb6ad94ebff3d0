# check: Graph pass
# check: GraphWorkedOut fail unexplained
# check: Mean pass
"""Single numbers: a gradient that was worked out by hand for them is right at them alone."""

from minnet import check_layer


class Graph:
    def forward(self, x, y):
        self.x, self.y = x, y
        return (x + y) * x

    def backward(self, dout):
        return dout * (2 * self.x + self.y), dout * self.x


class GraphWorkedOut:
    def forward(self, x, y):
        return (x + y) * x

    def backward(self, dout):
        return dout * 7, dout * 2


class Mean:
    def forward(self, x, y):
        return (x + y) / 2

    def backward(self, dout):
        return dout / 2, dout / 2


def call_Graph():
    return check_layer(Graph(), 2.0, 3.0)


def call_GraphWorkedOut():
    return check_layer(GraphWorkedOut(), 2.0, 3.0)


def call_Mean():
    return check_layer(Mean(), 2.0, 3.0)

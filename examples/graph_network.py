"""A graph network: messages along edges, summed at their targets, on graphs of any size."""

from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import nn


class MessagePassing(nn.Module):
    def __init__(self, width: int, edge_width: int) -> None:
        super().__init__()
        self.message = nn.Sequential(nn.Linear(2 * width + edge_width, width), nn.ReLU())
        self.update = nn.GRUCell(width, width)

    def forward(self, nodes: torch.Tensor, edges: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        source, target = edges[0], edges[1]
        messages = self.message(torch.cat([nodes[source], nodes[target], features], 1))
        received = torch.zeros_like(nodes).index_add(0, target, messages)
        degree = torch.zeros(nodes.size(0)).index_add(0, target, torch.ones(target.size(0))).clamp(min=1.0)
        return self.update(received / degree.unsqueeze(1), nodes)


class GraphNetwork(nn.Module):
    def __init__(self, node_width: int = 5, edge_width: int = 3, width: int = 16, rounds: int = 3) -> None:
        super().__init__()
        self.rounds = rounds
        self.embed = nn.Linear(node_width, width)
        self.layer = MessagePassing(width, edge_width)
        self.weight = nn.Linear(width, 1)
        self.out = nn.Linear(width, 2)

    def forward(
        self,
        nodes: torch.Tensor,
        edges: torch.Tensor,
        features: torch.Tensor,
        graph_of: Optional[torch.Tensor] = None,
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Nodes [n, node_width], edges [2, m] and their features [m, edge_width]; ``graph_of`` [n] says which graph of a
        batch a node is in.  Gives a prediction for each graph, and how much each node counted."""
        x = torch.tanh(self.embed(nodes))
        for _ in range(self.rounds):
            x = x + self.layer(x, edges, features)
        if graph_of is None:
            graph_of = torch.zeros(nodes.size(0), dtype=torch.long)
        graphs = int(graph_of.max()) + 1
        score = self.weight(x).squeeze(1)
        highest = torch.full((graphs,), -1e30).scatter_reduce(0, graph_of, score, "amax")
        part = torch.exp(score - highest[graph_of])
        part = part / torch.zeros(graphs).index_add(0, graph_of, part)[graph_of]
        pooled = torch.zeros(graphs, x.size(1)).index_add(0, graph_of, x * part.unsqueeze(1))
        return F.softmax(self.out(pooled), 1), part


torch.manual_seed(0)
model = GraphNetwork().eval()


def example_inputs():
    """Two rings, of four and of three nodes."""
    g = torch.Generator().manual_seed(1)
    edges = torch.tensor([[0, 1, 2, 3, 4, 5, 6], [1, 2, 3, 0, 5, 6, 4]])
    both = torch.cat([edges, edges.flip(0)], 1)
    graph_of = torch.tensor([0, 0, 0, 0, 1, 1, 1])
    return torch.randn(7, 5, generator=g), both, torch.randn(14, 3, generator=g), graph_of


if __name__ == "__main__":
    with torch.no_grad():
        print(model(*example_inputs()))

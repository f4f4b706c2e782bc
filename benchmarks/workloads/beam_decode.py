"""Beam search (width 4) plus greedy decode with lists and dicts around a small recurrent model."""

from typing import Dict, List, Tuple

import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self, vocab: int = 1000, dim: int = 64, nh: int = 128):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.x2h = nn.Linear(dim + nh, nh)
        self.h2h = nn.Linear(nh, nh)
        self.out = nn.Linear(nh, vocab)

    def forward(self, tok: torch.Tensor, h: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        x = torch.cat([self.emb(tok), h], dim=1)
        h = torch.tanh(self.h2h(torch.relu(self.x2h(x))))
        return torch.log_softmax(self.out(h), dim=1), h


class BeamSearch(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(64, 128)
        self.dec = Decoder()
        self.width = 4
        self.max_len = 20
        self.eos = 2

    def greedy(self, h: torch.Tensor) -> List[int]:
        toks: List[int] = []
        tok = torch.ones(1, dtype=torch.long)
        for _ in range(self.max_len):
            logp, h = self.dec(tok, h)
            tok = logp.argmax(dim=1)
            t = int(tok.item())
            toks.append(t)
            if t == self.eos:
                break
        return toks

    def forward(self, src: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        h0 = torch.tanh(self.enc(src))
        seqs: List[List[int]] = [[1]]
        scores: List[float] = [0.0]
        state: Dict[str, torch.Tensor] = {"h": h0}
        finished: Dict[int, float] = {}
        for step in range(self.max_len):
            last: List[int] = []
            for s in seqs:
                last.append(s[-1])
            logp, h = self.dec(torch.tensor(last), state["h"])
            top, idx = logp.topk(self.width, dim=1)
            cand: List[Tuple[float, int, int]] = []
            for b in range(len(seqs)):
                for k in range(self.width):
                    cand.append((scores[b] - float(top[b, k].item()), b, int(idx[b, k].item())))
            cand.sort()
            nseqs: List[List[int]] = []
            nscores: List[float] = []
            parents: List[int] = []
            for sc, b, tok in cand:
                if len(nseqs) == self.width:
                    break
                new = seqs[b] + [tok]
                if tok == self.eos:
                    finished[len(finished)] = sc / float(len(new))
                else:
                    nseqs.append(new)
                    nscores.append(sc)
                    parents.append(b)
            if len(finished) >= self.width:
                break
            seqs = nseqs
            scores = nscores
            state["h"] = h.index_select(0, torch.tensor(parents))
        best = seqs[0]
        g = self.greedy(h0)
        return torch.tensor(best), torch.tensor(g)


def build():
    torch.manual_seed(0)
    return BeamSearch().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1, 64, generator=g),)


CONTROL_FLOW = True

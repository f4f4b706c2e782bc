"""GPT-2-small-like decoder used by gpt2_step and gpt2_prefill64 (weights tied with the output head)."""

from typing import List, Tuple

import torch
import torch.nn.functional as F
from torch import nn

from ._init import init_tf

L, D, H, HD, VOCAB, CTX = 12, 768, 12, 64, 50257, 1024


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.d = D
        self.heads = H
        self.hd = HD
        self.ln1 = nn.LayerNorm(D)
        self.qkv = nn.Linear(D, 3 * D)
        self.proj = nn.Linear(D, D)
        self.ln2 = nn.LayerNorm(D)
        self.fc1 = nn.Linear(D, 4 * D)
        self.fc2 = nn.Linear(4 * D, D)

    def mlp(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))

    def qkv_heads(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        b, n, _ = x.shape
        q, k, v = self.qkv(self.ln1(x)).split(self.d, dim=2)
        q = q.view(b, n, self.heads, self.hd).transpose(1, 2)
        k = k.view(b, n, self.heads, self.hd).transpose(1, 2)
        v = v.view(b, n, self.heads, self.hd).transpose(1, 2)
        return q, k, v


class StepBlock(Block):
    def forward(self, x: torch.Tensor, pk: torch.Tensor, pv: torch.Tensor):
        q, k, v = self.qkv_heads(x)
        k = torch.cat([pk, k], dim=2)
        v = torch.cat([pv, v], dim=2)
        a = F.scaled_dot_product_attention(q, k, v)
        b, n, c = x.shape
        x = x + self.proj(a.transpose(1, 2).reshape(b, n, c))
        return x + self.mlp(self.ln2(x)), k, v


class PrefillBlock(Block):
    def forward(self, x: torch.Tensor):
        q, k, v = self.qkv_heads(x)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        b, n, c = x.shape
        x = x + self.proj(a.transpose(1, 2).reshape(b, n, c))
        return x + self.mlp(self.ln2(x)), k, v


class Step(nn.Module):
    """One token: ids (1,1), past keys/values (L,1,H,T,HD) -> logits, present keys/values."""

    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(VOCAB, D)
        self.wpe = nn.Embedding(CTX, D)
        self.blocks = nn.ModuleList([StepBlock() for _ in range(L)])
        self.lnf = nn.LayerNorm(D)

    def forward(self, ids: torch.Tensor, past_k: torch.Tensor, past_v: torch.Tensor):
        t = past_k.shape[3]
        pos = torch.arange(t, t + ids.shape[1], device=ids.device).unsqueeze(0)
        x = self.wte(ids) + self.wpe(pos)
        ks: List[torch.Tensor] = []
        vs: List[torch.Tensor] = []
        for i, blk in enumerate(self.blocks):
            x, k, v = blk(x, past_k[i], past_v[i])
            ks.append(k)
            vs.append(v)
        logits = F.linear(self.lnf(x), self.wte.weight)
        return logits, torch.stack(ks), torch.stack(vs)


class Prefill(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(VOCAB, D)
        self.wpe = nn.Embedding(CTX, D)
        self.blocks = nn.ModuleList([PrefillBlock() for _ in range(L)])
        self.lnf = nn.LayerNorm(D)

    def forward(self, ids: torch.Tensor):
        pos = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0)
        x = self.wte(ids) + self.wpe(pos)
        ks: List[torch.Tensor] = []
        vs: List[torch.Tensor] = []
        for blk in self.blocks:
            x, k, v = blk(x)
            ks.append(k)
            vs.append(v)
        logits = F.linear(self.lnf(x[:, -1:]), self.wte.weight)
        return logits, torch.stack(ks), torch.stack(vs)


def build(cls):
    torch.manual_seed(0)
    return init_tf(cls()).eval()

"""LED for training on a CPU: the parameters and the arithmetic of transformers' LEDForConditionalGeneration, in blocks.

Mirrors transformers 4.37.2, modeling_led.py, for one case: the first token, and only it, is global. Sliding windows are computed block by
block (window 2c: a block of c queries sees the 3c keys around it and the global key), which is several times faster on a CPU than the
reference's chunks. `check.py` compares the two. No dropout: training sees hardly any document twice.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

GEOMETRY = dict(
    vocab_size=7168,
    d_model=192,
    encoder_layers=3,
    decoder_layers=3,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=768,
    decoder_ffn_dim=768,
    attention_window=[128, 128, 128],
    max_encoder_position_embeddings=4096,
    max_decoder_position_embeddings=256,
)
D, HEADS, HEAD, FFN = 192, 4, 48, 768
C = GEOMETRY["attention_window"][0] // 2  # one-sided window, and the block of queries


def heads(x):
    """[B, S, D] -> [B, h, S, dh]"""
    return x.unflatten(-1, (HEADS, HEAD)).transpose(1, 2)


class WindowAttention(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ("query", "key", "value", "query_global", "key_global", "value_global"):
            setattr(self, name, nn.Linear(D, D))

    def forward(self, x, valid):
        """x [B, S, D], S a multiple of C; valid [B, S] bool. Returns [B, S, D]."""
        batch, length, _ = x.shape
        blocks = length // C
        q = heads(self.query(x)) / math.sqrt(HEAD)
        k, v = heads(self.key(x)), heads(self.value(x))

        local = valid.clone()
        local[:, 0] = False  # the global token has its own column
        padded = F.pad(local, (C, C)).unfold(1, 3 * C, C)  # [B, n, 3C]
        offset = torch.arange(3 * C)[None, :] - torch.arange(C)[:, None]
        seen = ((offset >= 0) & (offset <= 2 * C))[None, None] & padded[:, :, None]  # [B, n, C, 3C]
        bias = torch.zeros(seen.shape).masked_fill_(~seen, -1e4)[:, None]

        qb = q.unflatten(2, (blocks, C))  # [B, h, n, C, dh]
        scores = qb @ around(k, blocks).transpose(-1, -2) + bias
        column = qb @ k[:, :, :1].transpose(-1, -2)[:, :, None]  # [B, h, n, C, 1]
        p = torch.cat([column, scores], -1).softmax(-1, dtype=torch.float32).type_as(v)
        y = p[..., 1:] @ around(v, blocks) + p[..., :1] * v[:, :, None, :1]
        y = y.flatten(2, 3).transpose(1, 2).flatten(2)
        return torch.cat([self.first(x, valid), y[:, 1:]], 1)

    def first(self, x, valid):
        """The global token's own output [B, 1, D]. Its key projection is folded into the query, its value projection follows the sum."""
        q = heads(self.query_global(x[:, :1]))[:, :, 0] / math.sqrt(HEAD)  # [B, h, dh]
        q = torch.einsum("bhe,hed->bhd", q, self.key_global.weight.unflatten(0, (HEADS, HEAD)).type_as(q))
        scores = q @ x.transpose(1, 2)  # [B, h, S]; the key's bias adds the same to every score
        p = scores.float().masked_fill(~valid[:, None], -1e4).softmax(-1).type_as(x)
        y = torch.einsum("bhd,hed->bhe", p @ x, self.value_global.weight.unflatten(0, (HEADS, HEAD)).type_as(x))
        return y.flatten(1)[:, None] + self.value_global.bias


def around(x, blocks):
    """[B, h, S, dh] -> [B, h, n, 3C, dh]: every block with its two neighbours."""
    x = F.pad(x, (0, 0, C, C)).unflatten(2, (blocks + 2, C))
    return torch.cat([x[:, :, :-2], x[:, :, 1:-1], x[:, :, 2:]], 3)


class EncoderAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.longformer_self_attn = WindowAttention()
        self.output = nn.Linear(D, D)

    def forward(self, x, valid):
        return self.output(self.longformer_self_attn(x, valid))


class EncoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn = EncoderAttention()
        self.self_attn_layer_norm = nn.LayerNorm(D)
        self.fc1, self.fc2 = nn.Linear(D, FFN), nn.Linear(FFN, D)
        self.final_layer_norm = nn.LayerNorm(D)

    def forward(self, x, valid):
        x = self.self_attn_layer_norm(x + self.self_attn(x, valid))
        return self.final_layer_norm(x + self.fc2(F.gelu(self.fc1(x))))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            setattr(self, name, nn.Linear(D, D))

    def forward(self, x, memory, seen=None):
        """seen [B, 1, 1, S] bool for a memory, None for causal attention over x itself."""
        q, k, v = heads(self.q_proj(x)), heads(self.k_proj(memory)), heads(self.v_proj(memory))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None)
        return self.out_proj(y.transpose(1, 2).flatten(2))


class DecoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn, self.encoder_attn = Attention(), Attention()
        self.self_attn_layer_norm, self.encoder_attn_layer_norm = nn.LayerNorm(D), nn.LayerNorm(D)
        self.fc1, self.fc2 = nn.Linear(D, FFN), nn.Linear(FFN, D)
        self.final_layer_norm = nn.LayerNorm(D)

    def forward(self, x, memory, seen):
        x = self.self_attn_layer_norm(x + self.self_attn(x, x))
        x = self.encoder_attn_layer_norm(x + self.encoder_attn(x, memory, seen))
        return self.final_layer_norm(x + self.fc2(F.gelu(self.fc1(x))))


class Half(nn.Module):
    """The encoder or the decoder: positions, layers, the norm of the embeddings. The token table is the model's."""

    def __init__(self, layer, layers, positions):
        super().__init__()
        self.embed_positions = nn.Embedding(positions, D)
        self.layers = nn.ModuleList(layer() for _ in range(layers))
        self.layernorm_embedding = nn.LayerNorm(D)


class LED(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Embedding(GEOMETRY["vocab_size"], D)
        self.encoder = Half(EncoderLayer, 3, GEOMETRY["max_encoder_position_embeddings"])
        self.decoder = Half(DecoderLayer, 3, GEOMETRY["max_decoder_position_embeddings"])

    def encode(self, ids, positions, valid):
        """ids, positions, valid [B, S], S a multiple of C -> [B, S, D]"""
        x = self.shared(ids) + self.encoder.embed_positions(positions)
        x = self.encoder.layernorm_embedding(x)
        for layer in self.encoder.layers:
            x = layer(x, valid)
        return x

    def decode(self, ids, memory, valid):
        """ids [B, T] -> hidden states [B, T, D]"""
        x = self.shared(ids) + self.decoder.embed_positions.weight[: ids.shape[1]]
        x = self.decoder.layernorm_embedding(x)
        for layer in self.decoder.layers:
            x = layer(x, memory, valid[:, None, None])
        return x

    def loss(self, batch):
        """Mean cross-entropy over the labels that are not -100."""
        memory = self.encode(batch["ids"], batch["positions"], batch["valid"])
        x = self.decode(batch["decoder_ids"], memory, batch["valid"])
        wanted = batch["labels"] != -100
        return F.cross_entropy(F.linear(x[wanted], self.shared.weight).float(), batch["labels"][wanted])


def sinusoids(rows, count=48, fastest=2.5, slowest=0.0008):
    """[rows, count]: cosines, then sines. The fastest tell neighbours apart, the slowest turn half a circle in 4,096 positions."""
    rates = torch.exp(torch.linspace(math.log(fastest), math.log(slowest), count // 2))
    angles = torch.arange(rows)[:, None] * rates[None, :]
    return torch.cat([angles.cos(), angles.sin()], 1), rates


@torch.no_grad()
def start_from_copying(model, seed=1):
    """Starting weights from which copying is a short way off.

    The width is divided: 96 for the token, 48 for the token before it, 48 for the position. One encoder head of layer 0 looks one position
    back and writes what it finds; one of layer 1 carries the token two back. A decoder head does the same over the text so far, and two
    cross-attention heads look where the source's previous tokens equal the decoder's last tokens, and bring the token that follows.
    Everything else is small and random, and everything is trained from there except the positions, which stay sinusoids.
    """
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    for name, p in model.named_parameters():
        if p.dim() == 2:
            p.copy_(normal(*p.shape) * (0.02 if "fc2" in name else 0.04))
        elif "bias" in name:
            p.zero_()
    token, before, place = slice(0, 96), slice(96, 144), slice(144, 192)
    model.shared.weight.copy_(normal(*model.shared.weight.shape) * 0.02)
    model.shared.weight[:, token] = normal(len(model.shared.weight), 96) * 0.1
    model.shared.weight[:, place] = 0
    for half in (model.encoder, model.decoder):
        table, rates = sinusoids(len(half.embed_positions.weight))
        half.embed_positions.weight.zero_()
        half.embed_positions.weight[:, place] = table * 0.1 * math.sqrt(2)
        half.embed_positions.weight.requires_grad_(False)
    pick = torch.linalg.qr(normal(96, 48))[0].T  # [48, 96]: what is kept of a neighbour
    turn = torch.linalg.qr(normal(48, 48))[0]  # keeps two back apart from one back
    head = lambda n: slice(n * HEAD, (n + 1) * HEAD)  # noqa: E731

    def look(query, key, n, distance, gain=3.0):
        """Head n attends to the position `distance` before its own."""
        query.weight[head(n)] = 0
        key.weight[head(n)] = 0
        cos, sin = torch.diag((rates * distance).cos()), torch.diag((rates * distance).sin())
        query.weight[head(n), place] = gain * torch.cat([torch.cat([cos, sin], 1), torch.cat([-sin, cos], 1)])
        key.weight[head(n), place] = torch.eye(48)

    def carry(value, output, n, source, target, matrix, gain):
        """Head n brings matrix @ x[source] to x[target]."""
        value.weight[head(n)] = 0
        value.weight[head(n), source] = matrix
        output.weight[:, head(n)] = 0
        output.weight[target, head(n)] = gain * torch.eye(48)

    a, b = (layer.self_attn for layer in model.encoder.layers[:2])
    for n, distance in enumerate((1, -1, 2)):
        look(a.longformer_self_attn.query, a.longformer_self_attn.key, n, distance)
    carry(a.longformer_self_attn.value, a.output, 0, token, before, pick, 1.0)
    look(b.longformer_self_attn.query, b.longformer_self_attn.key, 0, 1)
    carry(b.longformer_self_attn.value, b.output, 0, before, before, turn, 0.7)
    s = model.decoder.layers[0].self_attn
    look(s.q_proj, s.k_proj, 0, 1)
    carry(s.v_proj, s.out_proj, 0, token, before, pick, 1.0)
    x = model.decoder.layers[1].encoder_attn
    for n, half in enumerate((slice(0, 48), slice(48, 96))):
        for projection in (x.q_proj, x.k_proj):
            projection.weight[head(n)] = 0
        x.q_proj.weight[head(n), token] = 1.3 * pick
        x.q_proj.weight[head(n), before] = 1.3 * 0.7 * turn
        x.k_proj.weight[head(n), before] = torch.eye(48)
        carry(x.v_proj, x.out_proj, n, half, half, torch.eye(48), 2.0)
    for layer in model.encoder.layers:
        attention = layer.self_attn.longformer_self_attn
        for name in ("query", "key", "value"):
            getattr(attention, f"{name}_global").weight.copy_(normal(D, D) * 0.04)

"""A random model of Qwen3's architecture with bytes as tokens: about 4 MB that llama.cpp loads in a blink."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

_WIDE, _HEADS, _HEAD, _HIDDEN, _CONTEXT = 768, 4, 32, 256, 16384
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_NORMAL, _CONTROL = 1, 3


def write_tiny_model(gguf_package: Path, path: Path) -> None:
    """Write it with llama.cpp's own `gguf` package, which is in the folder `gguf_package`."""
    sys.path.insert(0, str(gguf_package))
    try:
        import gguf  # pyright: ignore[reportMissingImports] - it comes with llama.cpp's source
    finally:
        sys.path.remove(str(gguf_package))
    writer: Any = gguf.GGUFWriter(str(path), "qwen3")
    writer.add_name("tiny")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDE)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_key_length(_HEAD)
    writer.add_value_length(_HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    _add_tokens(writer)
    for name, shape in _shapes().items():
        writer.add_tensor(name, _weights(name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokens(writer: Any) -> None:
    letters = [_as_letter(byte) for byte in range(256)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*letters, *_SPECIAL])
    writer.add_token_types([_NORMAL] * 256 + [_CONTROL] * len(_SPECIAL))
    # llama.cpp wants a list of merges; this one can never apply, for its result is no token.
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_eos_token_id(258)
    writer.add_pad_token_id(256)
    writer.add_add_bos_token(False)


def _as_letter(byte: int) -> str:
    """GPT-2's printable stand-in for a byte."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return chr(byte) if byte in plain else chr(256 + sum(other not in plain for other in range(byte)))


def _shapes() -> dict[str, tuple[int, ...]]:
    inner = _HEADS * _HEAD
    return {
        "token_embd.weight": (256 + len(_SPECIAL), _WIDE),
        "output_norm.weight": (_WIDE,),
        "blk.0.attn_norm.weight": (_WIDE,),
        "blk.0.attn_q.weight": (inner, _WIDE),
        "blk.0.attn_k.weight": (inner, _WIDE),
        "blk.0.attn_v.weight": (inner, _WIDE),
        "blk.0.attn_q_norm.weight": (_HEAD,),
        "blk.0.attn_k_norm.weight": (_HEAD,),
        "blk.0.attn_output.weight": (_WIDE, inner),
        "blk.0.ffn_norm.weight": (_WIDE,),
        "blk.0.ffn_gate.weight": (_HIDDEN, _WIDE),
        "blk.0.ffn_up.weight": (_HIDDEN, _WIDE),
        "blk.0.ffn_down.weight": (_WIDE, _HIDDEN),
    }


def _weights(name: str, shape: tuple[int, ...]) -> Any:
    if "norm" in name:
        return np.ones(shape, dtype=np.float32)
    rng = np.random.default_rng(sum(map(ord, name)))
    return (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)

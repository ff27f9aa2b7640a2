"""Tiny models with random weights, saved as the hub has them: with tokenizer and preprocessing."""

from __future__ import annotations

import math
from pathlib import Path

import transformers  # its names are looked up where they are used: all of it takes seconds to load

LOGIT_SCALE = math.log(20.0)
LOGIT_BIAS = -3.0
_TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}


def save_tiny_clip(folder: Path) -> Path:
    """A CLIP of 24 dimensions that sees 32 x 32 pixels and 77 byte-level tokens. Returns the folder."""
    tokenizer = transformers.CLIPTokenizer(vocab=_byte_vocabulary(), merges=[], model_max_length=77)
    text = _TOWER | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 77,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = _TOWER | {"image_size": 32, "patch_size": 8}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    crop = {"height": 32, "width": 32}
    images = transformers.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=crop)
    return _save(folder, _randomise(transformers.CLIPModel(config)), tokenizer, images)


def save_tiny_siglip(folder: Path) -> Path:
    """A SigLIP of 32 dimensions that squashes to 32 x 32 pixels and pads to 64 tokens. Returns the folder.

    Its files are of the kind that the fixed-size SigLIP 2 models have: a SigLIP network with a Gemma tokenizer.
    """
    tokenizer = transformers.GemmaTokenizer(vocab=_letter_vocabulary(), merges=[], padding_side="right", **_PLAIN_INPUT)
    vision = _TOWER | {"image_size": 32, "patch_size": 8}
    config = transformers.SiglipConfig(text_config=_siglip_text(tokenizer), vision_config=vision)
    images = transformers.SiglipImageProcessorPil(size={"height": 32, "width": 32})
    return _save(folder, _randomise(transformers.SiglipModel(config)), tokenizer, images)


def save_tiny_siglip2(folder: Path) -> Path:
    """A SigLIP 2 of 32 dimensions that keeps a picture's proportions within 16 patches of 8 x 8 pixels."""
    tokenizer = transformers.Siglip2Tokenizer(
        vocab=_letter_vocabulary(), merges=[], padding_side="right", **_PLAIN_INPUT
    )
    vision = _TOWER | {"num_patches": 16, "patch_size": 8}
    config = transformers.Siglip2Config(text_config=_siglip_text(tokenizer), vision_config=vision)
    images = transformers.Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
    return _save(folder, _randomise(transformers.Siglip2Model(config)), tokenizer, images)


def save_tiny_question_model(folder: Path) -> Path:
    """A BERT that points at the words of an answer, with a vocabulary of letters. Returns the folder."""
    letters = "abcdefghijklmnopqrstuvwxyz.?"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = transformers.BertTokenizerFast(vocab={word: number for number, word in enumerate(words)})
    config = transformers.BertConfig(vocab_size=len(words), max_position_embeddings=512, **_TOWER)
    model = _randomise(transformers.BertForQuestionAnswering(config))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


# SigLIP was trained without an attention mask, and its tokenizers on the hub give none
_PLAIN_INPUT = {"model_input_names": ["input_ids"], "model_max_length": 64}


def _siglip_text(tokenizer: transformers.PreTrainedTokenizerBase) -> dict[str, int]:
    return _TOWER | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 64,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _byte_vocabulary() -> dict[str, int]:
    """Every byte, inside a word and at its end, then CLIP's two special tokens (whose ids are the highest)."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return {token: index for index, token in enumerate(tokens)}


def _letter_vocabulary() -> dict[str, int]:
    """Gemma's special tokens, printable ASCII with its mark for a space, and the bytes for all other letters."""
    letters = [chr(code) for code in range(33, 127)]
    fallback = [f"<0x{code:02X}>" for code in range(256)]
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *letters, *fallback]
    return {token: index for index, token in enumerate(tokens)}


def _randomise(model: transformers.PreTrainedModel) -> transformers.PreTrainedModel:
    """Weights large enough that different inputs get clearly different vectors, and logits unlike the defaults."""
    import torch

    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim >= 2:
                fan_in = parameter[0].numel()
                parameter.normal_(0.0, 1.5 / math.sqrt(fan_in), generator=generator)
            elif parameter.numel() > 1 and parameter.std() > 0:  # a class embedding: transformers drew it unseeded
                parameter.normal_(0.0, 1.0 / math.sqrt(parameter.numel()), generator=generator)
        if hasattr(model, "logit_scale"):
            model.logit_scale.fill_(LOGIT_SCALE)
        if hasattr(model, "logit_bias"):
            model.logit_bias.fill_(LOGIT_BIAS)
    return model.eval()


def _save(
    folder: Path, model: transformers.PreTrainedModel, tokenizer: transformers.PreTrainedTokenizerBase, images: object
) -> Path:
    for part in (model, tokenizer, images):
        part.save_pretrained(folder)
    return folder

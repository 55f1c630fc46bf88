"""Small samples with everything that breaks formulas: N below and above D, duplicates, constants, a class of one."""

import numpy as np

SHAPES = [(20, 50), (60, 8), (21, 20), (20, 20)]


def sample(items, width, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(items, width)) * generator.uniform(0.5, 3.0, width) + 2.0
    targets = np.arange(items) % 3
    features[:, 1:4] += targets[:, None]
    targets[targets == 2] = 7  # numbers with a gap
    targets[5] = 4  # a class of one item
    features[1], features[2] = features[0], features[3]
    features[:, 0] = 5.0
    return features, targets


def rotation(width, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]

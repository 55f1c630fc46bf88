"""Against scikit-learn's metrics."""

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn import metrics as reference

from headstart.tasks.classification import Classification


def _predictions(classes, items=60, seed=0):
    generator = np.random.default_rng(seed)
    return softmax(generator.normal(size=(items, classes)), axis=1), generator.integers(0, classes, items)


def test_metrics_equal_scikit_learn():
    task = Classification(classes=("a", "b", "c"))
    probabilities, targets = _predictions(3)
    predicted, values = probabilities.argmax(axis=1), task.metrics(probabilities, targets)
    assert task.outputs == 3
    assert values == pytest.approx(
        {
            "balanced_accuracy": reference.balanced_accuracy_score(targets, predicted),
            "accuracy": reference.accuracy_score(targets, predicted),
            "macro_f1": reference.f1_score(targets, predicted, average="macro"),
            "log_loss": reference.log_loss(targets, probabilities),
            "brier": np.mean(np.sum((probabilities - np.eye(3)[targets]) ** 2, axis=1)),
            "ece": values["ece"],
        }
    )


def test_two_classes_have_a_roc_curve_unless_one_is_missing():
    task = Classification(classes=("no", "yes"))
    probabilities, targets = _predictions(2)
    probabilities = probabilities.round(1)  # ties
    values = task.metrics(probabilities, targets)
    assert values["roc_auc"] == pytest.approx(reference.roc_auc_score(targets, probabilities[:, 1]))
    assert "roc_auc" not in task.metrics(probabilities, np.zeros(60, int))


def test_credit_averages_to_balanced_accuracy_over_the_classes_that_occur():
    task = Classification(classes=("a", "b", "c", "d"))
    targets = np.array([0] * 7 + [1] * 2 + [3])
    probabilities = np.eye(4)[[0, 0, 0, 0, 2, 2, 2, 1, 3, 3]]
    credit = task.credit(probabilities, targets)
    assert credit.mean() == pytest.approx((4 / 7 + 1 / 2 + 1) / 3)
    assert np.all(credit[[4, 5, 6, 8]] == 0.0)
    assert task.metrics(probabilities, targets)["balanced_accuracy"] == credit.mean()


def test_calibration_error_of_equal_mass_bins():
    task = Classification(classes=("a", "b"))
    sure = np.repeat([[0.9, 0.1]], 50, axis=0)
    unsure = np.repeat([[0.6, 0.4]], 50, axis=0)
    targets = np.r_[np.zeros(45, int), np.ones(5, int), np.zeros(20, int), np.ones(30, int)]
    # The confident half is right 9 times in 10 and the other half 4 in 10 against 6 claimed; rows are spread over
    # the bins in order, so the gaps inside a bin differ: five bins of the second half hold 20 right rows first.
    gaps = [0.4, 0.4, 0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.1, 0.4]
    assert task.metrics(np.vstack([sure, unsure]), targets)["ece"] == pytest.approx(np.mean(gaps))


def test_probability_zero_for_the_truth_stays_finite():
    values = Classification(classes=("a", "b")).metrics(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]))
    assert np.isfinite(values["log_loss"])


def test_loss_is_cross_entropy_of_logits_taken_to_the_training_frequencies():
    task = Classification(classes=("a", "b"))
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64, requires_grad=True)
    targets, weights = torch.tensor([0, 0, 1]), torch.tensor([0.75, 1.5], dtype=torch.float64)
    odds = torch.exp(logits.detach()) / weights
    expected = -torch.log((odds / odds.sum(1, keepdim=True))[torch.arange(3), targets]).mean()
    loss = task.losses(logits, targets, weights).mean()
    loss.backward()
    assert loss.item() == pytest.approx(expected.item())
    assert logits.grad is not None


def test_smoothing_spreads_a_share_of_every_target_over_all_classes():
    task, weights = Classification(classes=("a", "b", "c")), torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    logits, targets = torch.tensor([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0]], dtype=torch.float64), torch.tensor([0, 1])
    logs = torch.log_softmax(logits - weights.log(), dim=1)
    shares = torch.tensor([4.0, 2.0, 1.0], dtype=torch.float64) / 7  # one over the weights
    spread = 0.7 * torch.eye(3, dtype=torch.float64)[targets] + 0.3 * shares
    expected = -(spread * logs).sum(dim=1).mean()
    assert task.losses(logits, targets, weights, smoothing=0.3).mean().item() == pytest.approx(expected.item())


def test_smoothing_does_not_hand_a_common_class_to_a_rare_one():
    """Of 400 items of one class and 10 of another that are told apart with ease, the best logits keep their order."""
    task, targets = Classification(classes=("a", "b")), torch.tensor([0] * 400 + [1] * 10)
    weights = torch.tensor([410 / 800, 410 / 20], dtype=torch.float64)
    logits = torch.zeros(2, 2, dtype=torch.float64, requires_grad=True)  # of any item of either class
    optimizer = torch.optim.LBFGS([logits], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = task.losses(logits[targets], targets, weights, smoothing=0.1).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    chances = torch.softmax(logits.detach(), dim=1)
    torch.testing.assert_close(chances.argmax(dim=1), torch.tensor([0, 1]))
    assert chances.diagonal().min() > 0.9


def test_the_least_loss_of_a_constant_is_at_equal_logits_under_balanced_weights():
    """With the weights N / (C n_c) a head that knows nothing predicts every class equally often."""
    task = Classification(classes=("a", "b"))
    targets, weights = torch.tensor([0, 0, 0, 1]), torch.tensor([4 / 6, 4 / 2], dtype=torch.float64)
    shifts = torch.linspace(-1, 1, 21, dtype=torch.float64)
    losses = [
        task.losses(torch.tensor([[0.0, shift]]).expand(4, 2), targets, weights).mean().item() for shift in shifts
    ]
    assert shifts[int(np.argmin(losses))].item() == pytest.approx(0.0, abs=1e-9)


def test_probabilities_are_softmax_in_double():
    chances = Classification(classes=("a", "b")).probabilities(np.array([[1000.0, 0.0]], dtype=np.float32))
    assert chances.dtype == np.float64
    np.testing.assert_array_equal(chances, [[1.0, 0.0]])

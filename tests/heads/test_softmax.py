"""The objective's derivative, and the two-class parameterisation."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import log_softmax

from headstart.heads.softmax import SoftmaxProblem


def _problem(classes):
    generator = np.random.default_rng(0)
    return SoftmaxProblem.of(generator.normal(size=(30, 4)), np.arange(30) % classes, generator.uniform(0.5, 2.0, 30))


@pytest.mark.parametrize("classes", [2, 3])
def test_slope_is_the_derivative(classes):
    problem = _problem(classes)
    shape = problem.zero().shape

    def value(flat):
        return problem._value_and_slope(flat.reshape(shape), 3.0)[0]

    def slope(flat):
        return problem._value_and_slope(flat.reshape(shape), 3.0)[1].ravel()

    assert check_grad(value, slope, np.random.default_rng(1).normal(size=shape).ravel()) < 1e-6


def test_solution_has_no_slope_left_and_does_not_depend_on_the_start():
    problem = _problem(3)
    first = problem.solve(5.0, problem.zero(), 1e-10)
    second = problem.solve(5.0, np.random.default_rng(2).normal(size=first.shape), 1e-10)
    assert np.abs(problem._value_and_slope(first, 5.0)[1]).max() < 1e-7
    chances = [log_softmax(problem.logits(problem.rows, theta), axis=1) for theta in (first, second)]
    np.testing.assert_allclose(*chances, atol=1e-5)


def test_two_classes_share_one_column():
    assert _problem(2).zero().shape == (5, 1)
    assert _problem(3).zero().shape == (5, 3)

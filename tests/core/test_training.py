from __future__ import annotations

from dataclasses import replace

from headstart.core.training import Penalty, Seen
from headstart.strategies.gradual import Gradual
from headstart.strategies.lp_ft import LpFt


def test_lasting_changes_the_epochs_and_nothing_else():
    strategy = Gradual(unfrozen=0.25)
    longer = strategy.lasting(11)
    assert longer == replace(strategy, schedule=replace(strategy.schedule, epochs=11))
    assert type(longer) is Gradual


def test_a_way_to_train_adds_nothing_to_the_loss_unless_it_says_so():
    assert LpFt().penalty(None) is None  # type: ignore[arg-type] (not looked at)


class Nothing(Penalty):
    def loss(self, seen: Seen):
        raise NotImplementedError


def test_a_penalty_has_no_parameters_and_nothing_to_let_go_of_unless_it_says_so():
    assert Nothing().module is None
    assert Nothing().close() is None

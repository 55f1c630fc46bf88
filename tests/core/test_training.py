from __future__ import annotations

from dataclasses import replace

from headstart.strategies.gradual import Gradual


def test_lasting_changes_the_epochs_and_nothing_else():
    strategy = Gradual(unfrozen=0.25)
    longer = strategy.lasting(11)
    assert longer == replace(strategy, schedule=replace(strategy.schedule, epochs=11))
    assert type(longer) is Gradual

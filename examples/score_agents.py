"""Scores for every type of contact and every agent, computed in bulk and loaded at once.

A small model learns from past conversations which of them ended well; its scores decide who
of several free agents is offered a contact. When they expire the longest idle agent goes first.
"""

import numpy as np
from numpy.typing import NDArray

from ccroute import ManualClock, OfferMade, Plan, Router

PLAN = """
[scores.success]
by = "topic"

[queues.support]
strategy = ["scores", "longest_idle"]
scores = "success"
"""
TOPICS = ["billing", "outage", "cancelling"]
# Years of service, share of contacts solved at once, typing speed in words a minute.
AGENTS = {"ana": (6, 0.92, 40), "bo": (1, 0.71, 85), "cleo": (3, 0.80, 60), "dan": (9, 0.64, 35)}


def history(dice: np.random.Generator, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many of 400 past conversations ended well, by topic and agent: made up here."""
    truth = np.array([[1.2, 0.3, 0.0], [0.1, 0.2, 1.1], [0.3, 1.4, -0.2]])
    return dice.binomial(400, 1 / (1 + np.exp(-truth @ features.T))) / 400


def fitted(features: NDArray[np.float64], ended_well: NDArray[np.float64]) -> NDArray[np.float64]:
    """One logistic regression a topic, by gradient descent: weights by topic and feature."""
    weights = np.zeros((len(ended_well), features.shape[1]))
    for _ in range(2_000):
        expected = 1 / (1 + np.exp(-weights @ features.T))
        weights += 0.5 * ((ended_well - expected) @ features / len(features) - 0.01 * weights)
    return weights


def main() -> None:
    """Fits, loads and routes."""
    raw = np.array(list(AGENTS.values()), float)
    features = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    weights = fitted(features, history(np.random.default_rng(7), features))
    scores = 1 / (1 + np.exp(-weights @ features.T))  # topics × agents, in one product

    clock = ManualClock(1_800_000_000.0)
    router = Router(Plan.from_toml(PLAN), clock=clock, recall=100)
    for agent in AGENTS:
        router.sign_in(agent, queues=["support"])
    router.ready_all(AGENTS)
    by_name = {
        topic: dict(zip(AGENTS, row, strict=True))
        for topic, row in zip(TOPICS, scores.tolist(), strict=True)
    }
    router.set_scores("success", by_name, version=1, expires=clock.now() + 3600)
    router.events()

    for number, topic in enumerate([*TOPICS, "something new"]):
        router.enqueue(f"c{number}", queue="support", attributes={"topic": topic})
        for event in router.events():
            if isinstance(event, OfferMade):
                print(f"{topic}: {event.agent}")
                print(router.explain_offer(event))
    print(router.scores_status("success"))


if __name__ == "__main__":
    main()

"""What pgmpy makes of our networks, and reads from what it wrote."""

from importlib import import_module

import numpy as np
import pytest

from dramatis.persona.domain.network.bayes import Belief, network
from dramatis.persona.domain.network.inference import predict
from dramatis.persona.domain.network.oracle import bif, identifiers
from dramatis.persona.domain.network.pooling import Layer, pool
from dramatis.persona.domain.network.structure import YES_NO, Node, structure
from tests.unit.persona.domain.network.nets import believed, shape

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_what_is_written_as_bif_is_read_as_the_same_network() -> None:
    rng = np.random.default_rng(4)
    reader, engine_of = (
        import_module("pgmpy.readwrite").BIFReader,
        import_module("pgmpy.inference").VariableElimination,
    )
    for _ in range(3):
        net = believed(rng, shape(rng, 6))
        model = reader(string=bif(net)).get_model()
        assert set(model.edges()) == set(net.structure.edges)
        engine = engine_of(model)
        for name, node in net.structure.nodes.items():
            theirs = engine.query([name], show_progress=False)
            order = [theirs.state_names[name].index(each) for each in node.states]
            np.testing.assert_allclose(predict(net, {}, name), theirs.values[order], atol=1e-9)


def test_names_that_bif_cannot_say_are_labels() -> None:
    quarters = ("[0, 0.25) quantile", "}; \n// no", 'a "b"')
    made = structure([Node("last order", quarters), Node("open", YES_NO, ("last order",))])
    net = network(
        made,
        {
            n: Belief(pool(np.ones(made.sizes((*node.parents, n)))))
            for n, node in made.nodes.items()
        },
    )
    text = bif(net)
    assert 'property label = "last order" ;' in text
    model = import_module("pgmpy.readwrite").BIFReader(string=text).get_model()
    assert set(model.edges()) == {("last_order", "open")}
    assert model.get_cpds("last_order").state_names["last_order"] == identifiers(quarters)


def test_the_order_of_evidence_is_no_matter_to_us() -> None:
    """In pgmpy 1.1 an update of a table scrambles parents that are not in alphabetical order."""
    nodes = [Node("b", ("0", "1")), Node("a", ("0", "1"))]
    counts = np.array([[[9.0, 1.0], [5.0, 5.0]], [[1.0, 9.0], [2.0, 8.0]]])
    nets = []
    for order, table in ((("a", "b"), counts), (("b", "a"), counts.transpose(1, 0, 2))):
        made = structure([*nodes, Node("x", YES_NO, order)])
        flat = Belief(pool(np.ones(2)))
        nets.append(network(made, {"a": flat, "b": flat, "x": Belief((Layer(table),))}))
    evidence = {"b": "1", "a": "0"}
    np.testing.assert_array_equal(*[predict(net, evidence, "x") for net in nets])

"""What tests of Explore send to it and read from it: component messages, buttons, and what the core expects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from streamrec_core.data.dataset import DataSet
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.verified import verify
from streamrec_core.explain.verified_record import Verified
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.test_overview import words

PAGE = "explore/page.py"
__all__ = ["PAGE", "words"]
TRIGGER_ID = "$$STREAMLIT_INTERNAL_KEY_{id}__events"
"""How Streamlit calls the widget that carries a component's triggers."""


def sent(visitor: AppTest, name: str) -> list[dict[str, Any]]:
    """What the components of this name were sent; their JavaScript does not run here."""
    protos = [element.proto for element in visitor.get("bidi_component")]
    return [json.loads(proto.json) for proto in protos if proto.component_name == f"streamrec_{name}"]


def data_of(visitor: AppTest, key: str) -> dict[str, Any]:
    """What the component with this key was sent."""
    data: dict[str, Any] = json.loads(_proto(visitor, key).json)
    return data


def matrix(visitor: AppTest) -> dict[str, Any]:
    """What the matrix was sent, with its check, which comes after it."""
    data, check = data_of(visitor, "matrix"), data_of(visitor, "matrix-check")["check"]
    assert data["pending"]
    assert check["key"] == data["key"]
    events = [event | {"named": at in check["named"]} for at, event in enumerate(data["events"])]
    return data | {"without": check["without"], "events": events}


def maps(visitor: AppTest) -> dict[str, Any]:
    """What the full maps were sent."""
    return data_of(visitor, "full-maps")


def ten(visitor: AppTest) -> list[dict[str, Any]]:
    """The titles among which one is chosen."""
    items: list[dict[str, Any]] = data_of(visitor, "top-ten")["items"]
    return items


def explained_item(visitor: AppTest) -> str:
    """Id of the title that is explained."""
    return str(data_of(visitor, "top-ten")["chosen"])


def send_state(visitor: AppTest, key: str, **state: Any) -> AppTest:
    """What a browser does when a component sets a part of its state."""
    return _send(visitor, _proto(visitor, key).id, "json_value", state)


def send_trigger(visitor: AppTest, key: str, event: str, value: Any) -> AppTest:
    """What a browser does when a component fires an event."""
    identifier = TRIGGER_ID.format(id=_proto(visitor, key).id)
    return _send(visitor, identifier, "json_trigger_value", [{"event": event, "value": value}])


def choose_title(visitor: AppTest, item_id: str) -> AppTest:
    """Choose one of the ten."""
    return send_trigger(visitor, "top-ten", "item", {"item": item_id, "key": data_of(visitor, "top-ten")["key"]})


def edit(visitor: AppTest, text: str) -> AppTest:
    """Make an edit in the matrix."""
    return send_trigger(visitor, "matrix", "edit", {"edit": text, "key": matrix(visitor)["key"]})


def view(visitor: AppTest, **changes: Any) -> AppTest:
    """Change how the matrix is shown."""
    data = matrix(visitor)
    return send_state(visitor, "matrix", view={**data["view"], **changes, "key": data["key"]})


def press(visitor: AppTest, label: str) -> AppTest:
    """Click the first button of the page with this label."""
    return next(button for button in visitor.main.button if button.label == label).click().run()


def drawer(visitor: AppTest, kind: str, key: str) -> Any:
    """A widget in the drawer that is open."""
    return next(element for element in visitor.get(kind) if element.key == key)


def expected(world: DataSet, session: str, item: int | None = None, model: str = "a-transformer") -> Any:
    """The explanation as the core gives it."""
    return explain_session(load_checkpoint(list_checkpoints()[model], world.catalogue), world, session, item)


def verified(world: DataSet, session: str, item: int | None = None) -> Verified:
    """The checked explanation as the core gives it."""
    model = load_checkpoint(list_checkpoints()["a-transformer"], world.catalogue)
    history = world.log.session(int(session[1:])).until(-1)
    return verify(model, world, expected(world, session, item), history)


def first_look(visitor: AppTest) -> list[str]:
    """The lines of the unchecked first look."""
    return [element.value for element in visitor.caption if element.value.startswith("First look, unchecked: ")]


def _proto(visitor: AppTest, key: str) -> Any:
    elements = visitor.get("bidi_component")
    return next(element.proto for element in elements if element.proto.id.endswith(f"-{key}"))


def _send(visitor: AppTest, identifier: str, field: str, message: Mapping[str, Any] | list[Any]) -> AppTest:
    states = visitor._tree.get_widget_states()
    widget = states.widgets.add()
    widget.id = identifier
    setattr(widget, field, json.dumps(message))
    visitor._run(states)
    assert not visitor.exception, [fault.value for fault in visitor.exception]
    return visitor
